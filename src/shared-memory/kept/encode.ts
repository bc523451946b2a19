// Puts the record of a kept journey together in private memory. It has at most so many bytes as it was told: what there
// is no room for is left out and flagged, values first.

import type { KeptAttempt, KeptEmission, KeptEntry, KeptHop } from './entry.ts'
import {
  ATTEMPT,
  EMISSION,
  HOP,
  LINE_BYTES,
  MAX_ATTEMPTS,
  MAX_HOPS,
  MAX_LEAVES,
  MAX_RECORD_BYTES,
  MESSAGE_BYTES,
  NAME_BYTES,
  RECORD,
  TAG_BYTES,
  TEXT_CUT
} from './layout.ts'

/** What a hop, a try or a line sent on takes at most, without its texts. */
const SPARE_BYTES = 64
/** What a hop takes mostly, without its values. */
const HOP_BYTES = 128
/** Less than this of a value says nothing. */
const SHORTEST_VALUE = 16

export interface KeptLimits {
  readonly valueBytes: number
  readonly recordBytes: number
}

export class RecordEncoder {
  readonly #bytes = new Uint8Array(MAX_RECORD_BYTES)
  readonly #view = new DataView(this.#bytes.buffer)
  readonly #encoder = new TextEncoder()
  readonly #valueBytes: number
  readonly #recordBytes: number
  #length = 0
  #areHopsCut = false
  /** What is left for values: hops come first. */
  #valuesLeft = 0

  constructor({ valueBytes, recordBytes }: KeptLimits) {
    this.#valueBytes = valueBytes
    // Room for the line, 1,024 leaves, and some hops without values.
    this.#recordBytes = Math.min(MAX_RECORD_BYTES, Math.max(recordBytes, 24_576))
  }

  /** The bytes are valid until the next call. */
  encode(entry: KeptEntry): Uint8Array {
    this.#length = 8
    this.#areHopsCut = false
    this.#head(entry)
    const room = this.#recordBytes - this.#length
    this.#valuesLeft = room - Math.min(entry.hops.length * HOP_BYTES, room / 2)
    const countAt = this.#length
    this.#int(0)
    let hops = 0
    for (const hop of entry.hops) {
      if (hops === MAX_HOPS || !this.#hasRoom()) {
        this.#areHopsCut = true
        break
      }
      this.#hop(hop)
      hops++
    }
    this.#view.setInt32(countAt, hops, true)
    this.#view.setInt32(0, this.#length, true)
    this.#view.setInt32(4, this.#areHopsCut ? RECORD.hopsCut : 0, true)
    return this.#bytes.subarray(0, this.#length)
  }

  #head(entry: KeptEntry): void {
    this.#int(entry.sourceNumber)
    this.#number(entry.offset)
    this.#number(entry.lineNumber)
    this.#number(entry.readAtMilliseconds)
    this.#number(entry.settledAtMilliseconds)
    this.#int(entry.reasons)
    this.#number(entry.weight)
    const { replay, text, leaves } = entry
    this.#int(replay?.job ?? 0)
    if (replay !== undefined) {
      this.#int(replay.index)
      this.#int(replay.of.source)
      this.#int(replay.of.fork)
      this.#number(replay.of.offset)
    }
    this.#int(entry.fullLength)
    const line = text.subarray(0, LINE_BYTES)
    this.#int(line.length < entry.fullLength ? line.length | TEXT_CUT : line.length)
    this.#bytes.set(line, this.#length)
    this.#length += line.length
    this.#int(entry.leafCount)
    this.#int(Math.min(leaves.length, MAX_LEAVES))
    for (const { path, code, forkDepth } of leaves.slice(0, MAX_LEAVES)) {
      this.#int(path)
      this.#int(code)
      this.#int(forkDepth)
    }
  }

  #hop(hop: KeptHop<string>): void {
    const hasBefore = hop.before !== undefined && this.#hasRoomForValue()
    this.#int(hop.node)
    this.#int((hop.isEstimated ? HOP.isEstimated : 0) | (hasBefore ? HOP.hasBefore : 0))
    this.#number(hop.startedAtMilliseconds)
    this.#number(hop.serviceMilliseconds)
    this.#number(hop.waitedMilliseconds)
    if (hasBefore) this.#value(hop.before)
    this.#counted(hop.attempts.slice(-MAX_ATTEMPTS), attempt => this.#attempt(attempt))
    if (hop.attempts.length > MAX_ATTEMPTS) this.#areHopsCut = true
    this.#counted(hop.emissions, emission => this.#emission(emission))
  }

  #counted<Item>(items: readonly Item[], write: (item: Item) => void): void {
    const countAt = this.#length
    this.#int(0)
    let count = 0
    for (const item of items) {
      if (!this.#hasRoom()) {
        this.#areHopsCut = true
        break
      }
      write(item)
      count++
    }
    this.#view.setInt32(countAt, count, true)
  }

  #attempt({ attempt, startedAtMilliseconds, milliseconds, error }: KeptAttempt): void {
    this.#int(attempt)
    this.#int(error === undefined ? 0 : ATTEMPT.failed)
    this.#number(startedAtMilliseconds)
    this.#number(milliseconds)
    if (error === undefined) return
    this.#text(error.name, NAME_BYTES)
    this.#text(error.message, MESSAGE_BYTES)
  }

  #emission({ tag, undeclaredTag, because, child, isChanged, value }: KeptEmission<string>): void {
    this.#int(tag)
    this.#int(child)
    const flagsAt = this.#length
    let flags = isChanged ? EMISSION.isChanged : 0
    this.#int(0)
    if (undeclaredTag !== undefined) {
      flags |= EMISSION.hasTag
      this.#text(undeclaredTag, TAG_BYTES)
    }
    if (because !== undefined) {
      flags |= EMISSION.hasBecause
      this.#text(because, MESSAGE_BYTES)
    }
    if (isChanged && value !== undefined && this.#hasRoomForValue()) {
      flags |= EMISSION.hasValue
      this.#value(value)
    }
    this.#view.setInt32(flagsAt, flags, true)
  }

  #hasRoom(): boolean {
    return this.#recordBytes - this.#length >= 2 * SPARE_BYTES
  }

  #hasRoomForValue(): boolean {
    return this.#valuesLeft >= SHORTEST_VALUE && this.#recordBytes - this.#length >= 4 * SPARE_BYTES
  }

  /** A value may not take what the hops after it need for themselves. */
  #value(value: string): void {
    const from = this.#length
    this.#text(value, Math.min(this.#valueBytes, this.#valuesLeft))
    this.#valuesLeft -= this.#length - from
  }

  #text(text: string, maxBytes: number): void {
    const from = this.#length + 4
    const room = Math.max(0, Math.min(maxBytes, this.#recordBytes - from - SPARE_BYTES))
    const { read, written } = this.#encoder.encodeInto(text, this.#bytes.subarray(from, from + room))
    this.#int(read < text.length ? written | TEXT_CUT : written)
    this.#length += written
  }

  #int(value: number): void {
    this.#view.setInt32(this.#length, value, true)
    this.#length += 4
  }

  #number(value: number | undefined): void {
    this.#view.setFloat64(this.#length, value ?? Number.NaN, true)
    this.#length += 8
  }
}
