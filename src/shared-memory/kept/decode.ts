// Takes a record apart, from a private copy of its page. Undefined for what no writer writes: every number is checked.

import type { PageHeader } from '../pages/reader.ts'
import type { ReplayMark } from '../replay-mark.ts'
import type { KeptAttempt, KeptEmission, KeptHop, KeptRecord, KeptText } from './entry.ts'
import {
  ATTEMPT,
  EMISSION,
  HOP,
  MAX_ATTEMPTS,
  MAX_HOPS,
  MAX_LEAVES,
  MAX_RECORD_BYTES,
  RECORD,
  TEXT_CUT
} from './layout.ts'

export function decodeRecord(
  header: Pick<PageHeader, 'epoch'>,
  sequence: number,
  page: Uint8Array,
  at: number
): { readonly record: KeptRecord; readonly bytes: number } | undefined {
  if (page.length - at < 8) return undefined
  const view = new DataView(page.buffer, page.byteOffset + at)
  const bytes = view.getInt32(0, true)
  if (bytes < 8 || bytes > Math.min(page.length - at, MAX_RECORD_BYTES)) return undefined
  try {
    const decoder = new RecordDecoder(page.subarray(at, at + bytes))
    return { record: decoder.record(header.epoch, sequence), bytes }
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

/** Throws a RangeError where the record ends too early or holds what no writer writes. */
class RecordDecoder {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #at = 4

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  record(epoch: number, sequence: number): KeptRecord {
    const flags = this.#int()
    const sourceNumber = this.#int()
    const [offset, lineNumber, readAtMilliseconds, settledAtMilliseconds] = [
      this.#finite(),
      this.#finite(),
      this.#finite(),
      this.#finite()
    ]
    const reasons = this.#int()
    const weight = this.#finite()
    const replay = this.#replay()
    const fullLength = this.#int()
    const { bytes, isCut } = this.#raw()
    const leafCount = this.#int()
    const leaves = this.#list(MAX_LEAVES, () => ({ path: this.#int(), code: this.#int(), forkDepth: this.#int() }))
    const hops = this.#list(MAX_HOPS, () => this.#hop())
    if (this.#at !== this.#bytes.length || fullLength < bytes.length || leafCount < leaves.length)
      throw new RangeError()
    return {
      epoch,
      sequence,
      sourceNumber,
      offset,
      lineNumber,
      ...(replay === undefined ? {} : { replay }),
      readAtMilliseconds,
      settledAtMilliseconds,
      reasons,
      weight,
      text: bytes,
      fullLength,
      isCut,
      leaves,
      leafCount,
      hops,
      areHopsCut: (flags & RECORD.hopsCut) !== 0
    }
  }

  #replay(): ReplayMark | undefined {
    const job = this.#int()
    if (job <= 0) return undefined
    const [index, source, fork] = [this.#int(), this.#int(), this.#int()]
    return { job, index, of: { source, fork, offset: this.#finite() } }
  }

  #hop(): KeptHop<KeptText> {
    const node = this.#int()
    const flags = this.#int()
    return {
      node,
      startedAtMilliseconds: this.#number(),
      serviceMilliseconds: this.#number(),
      waitedMilliseconds: this.#number(),
      isEstimated: (flags & HOP.isEstimated) !== 0,
      before: (flags & HOP.hasBefore) === 0 ? undefined : this.#text(),
      attempts: this.#list(MAX_ATTEMPTS, () => this.#attempt()),
      emissions: this.#list(MAX_LEAVES, () => this.#emission())
    }
  }

  #attempt(): KeptAttempt {
    const attempt = this.#int()
    const flags = this.#int()
    const startedAtMilliseconds = this.#number()
    const milliseconds = this.#number()
    if ((flags & ATTEMPT.failed) === 0) return { attempt, startedAtMilliseconds, milliseconds, error: undefined }
    const error = { name: this.#text().text, message: this.#text().text }
    return { attempt, startedAtMilliseconds, milliseconds, error }
  }

  #emission(): KeptEmission<KeptText> {
    const [tag, child, flags] = [this.#int(), this.#int(), this.#int()]
    const has = (flag: number): KeptText | undefined => ((flags & flag) === 0 ? undefined : this.#text())
    return {
      tag,
      child,
      isChanged: (flags & EMISSION.isChanged) !== 0,
      undeclaredTag: has(EMISSION.hasTag),
      because: has(EMISSION.hasBecause),
      value: has(EMISSION.hasValue)
    }
  }

  #list<Item>(most: number, read: () => Item): Item[] {
    const count = this.#int()
    if (count < 0 || count > most) throw new RangeError()
    return Array.from({ length: count }, read)
  }

  #raw(): { readonly bytes: Uint8Array; readonly isCut: boolean } {
    const word = this.#int()
    const length = word & ~TEXT_CUT
    if (length > this.#bytes.length - this.#at) throw new RangeError()
    this.#at += length
    return { bytes: this.#bytes.subarray(this.#at - length, this.#at), isCut: (word & TEXT_CUT) !== 0 }
  }

  #text(): KeptText {
    const { bytes, isCut } = this.#raw()
    return { text: this.#decoder.decode(bytes), isCut }
  }

  #int(): number {
    this.#at += 4
    return this.#view.getInt32(this.#at - 4, true)
  }

  /** Undefined for NaN. */
  #number(): number | undefined {
    this.#at += 8
    const value = this.#view.getFloat64(this.#at - 8, true)
    return Number.isFinite(value) ? value : undefined
  }

  #finite(): number {
    const value = this.#number()
    if (value === undefined) throw new RangeError()
    return value
  }
}
