// Reads errors: copies pages out of shared memory first and decodes the copies, checking every number in them.
// Texts stay bytes; whoever shows them redacts them first.

import { type PageHeader, type PageLedger, PageReader } from '../pages/reader.ts'
import { openRegion, type Region } from '../region.ts'
import { type ReplayMark, readReplayMark } from '../replay-mark.ts'
import {
  IS_FINAL,
  LINE_CUT,
  MAX_RECORD_BYTES,
  MESSAGE_CUT,
  pageWord,
  RECORD,
  RECORD_HEADER_WORDS,
  STACK_CUT
} from './layout.ts'

/** One failed attempt. */
export interface ErrorRecord {
  readonly epoch: number
  /** Number of the error among all of this region; unique with the epoch. */
  readonly sequence: number
  readonly node: number
  readonly attempt: number
  readonly isFinal: boolean
  readonly sourceNumber: number
  readonly offset: number
  readonly lineNumber: number
  /** In milliseconds since the region's origin. */
  readonly atMilliseconds: number
  /** UTF-8, as `message` and `stack` are. */
  readonly name: Uint8Array
  readonly message: Uint8Array
  readonly isMessageCut: boolean
  readonly stack: Uint8Array
  readonly isStackCut: boolean
  /** `ENOENT`; empty for an error without one. */
  readonly code: Uint8Array
  /** Raw bytes. */
  readonly line: Uint8Array
  readonly isLineCut: boolean
  readonly lineFullLength: number
  /** Of a line of a replay; its place is that of the line that it is a replay of. */
  readonly replay?: ReplayMark
  /** Number of the path that the line had come by; 0 is none. */
  readonly path: number
  /** Errors of this kind that it stands for. */
  readonly count: number
}

export class ErrorReader {
  /** Pages that held something no writer writes; what could be read of them was delivered. */
  telemetryCorrupt = 0
  readonly #region: Region
  readonly #base: number
  readonly #pages: PageReader

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#region = region
    this.#base = layout.errors
    this.#pages = new PageReader(cells, {
      base: layout.errors,
      pageCount: region.limits.errorPages,
      keepsFullPages: false
    })
  }

  /** Every error handed over since the last poll, once, ordered by (epoch, sequence) over all polls. */
  poll(): ErrorRecord[] {
    const copies: { readonly header: PageHeader; readonly body: Uint8Array }[] = []
    this.#pages.poll(header => {
      const { errorPageBytes } = this.#region.limits
      if (header.usedBytes < 0 || header.usedBytes > errorPageBytes) {
        this.telemetryCorrupt++
        return
      }
      const body = new Uint8Array(header.usedBytes)
      const word = this.#base + pageWord(header.page, this.#region.limits)
      body.set(new Uint8Array(this.#region.buffer, word * 4, header.usedBytes))
      copies.push({ header, body })
    })
    return copies.flatMap(({ header, body }) => this.#decode(header, body))
  }

  /** Where all errors ever recorded are; the dropped ones were shed. */
  ledger(): PageLedger {
    return this.#pages.ledger()
  }

  #decode(header: PageHeader, body: Uint8Array): ErrorRecord[] {
    const records: ErrorRecord[] = []
    let at = 0
    while (at < body.length) {
      const record = decodeRecord(header, header.firstSequence + records.length, body.subarray(at))
      if (record === undefined) break
      records.push(record.error)
      at += record.bytes
    }
    if (at !== body.length || records.length !== header.count) this.telemetryCorrupt++
    return records
  }
}

function decodeRecord(
  header: PageHeader,
  sequence: number,
  bytes: Uint8Array
): { readonly error: ErrorRecord; readonly bytes: number } | undefined {
  const headerBytes = RECORD_HEADER_WORDS * 4
  if (bytes.length < headerBytes) return undefined
  const words = new Int32Array(bytes.slice(0, headerBytes).buffer)
  const numbers = new Float64Array(words.buffer)
  const recordBytes = words[RECORD.words] * 4
  const sizes = words.subarray(RECORD.nameBytes, RECORD.lineBytes + 1)
  const codeBytes = words[RECORD.codeBytes]
  const end = sizes.reduce((sum, size) => sum + Math.max(size, 0), headerBytes + Math.max(codeBytes, 0))
  const isSane = recordBytes <= Math.min(bytes.length, MAX_RECORD_BYTES) && end <= recordBytes
  if (
    !isSane ||
    codeBytes < 0 ||
    !sizes.every(size => size >= 0) ||
    !numbers.subarray(RECORD.offset / 2, RECORD.replay / 2).every(Number.isFinite)
  ) {
    return undefined
  }
  let at = headerBytes
  const take = (size: number): Uint8Array => {
    at += size
    return bytes.subarray(at - size, at)
  }
  const flags = words[RECORD.flags]
  const replay = readReplayMark(words, numbers, RECORD.replay)
  const error: ErrorRecord = {
    epoch: header.epoch,
    sequence,
    node: words[RECORD.node],
    attempt: words[RECORD.attempt],
    isFinal: (flags & IS_FINAL) !== 0,
    sourceNumber: words[RECORD.sourceNumber],
    offset: numbers[RECORD.offset / 2],
    lineNumber: numbers[RECORD.lineNumber / 2],
    atMilliseconds: numbers[RECORD.at / 2],
    name: take(words[RECORD.nameBytes]),
    message: take(words[RECORD.messageBytes]),
    isMessageCut: (flags & MESSAGE_CUT) !== 0,
    stack: take(words[RECORD.stackBytes]),
    isStackCut: (flags & STACK_CUT) !== 0,
    line: take(words[RECORD.lineBytes]),
    isLineCut: (flags & LINE_CUT) !== 0,
    code: take(codeBytes),
    lineFullLength: words[RECORD.lineFullBytes],
    path: Math.max(0, words[RECORD.path]),
    count: Math.max(1, words[RECORD.count]),
    ...(replay === undefined ? {} : { replay })
  }
  return { error, bytes: recordBytes }
}
