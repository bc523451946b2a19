// Makes a batch of letters: the bytes that each line had when it came first, and the value that it goes in with.

import { isUtf8 } from 'node:buffer'

import type { DeadLetter } from '../state/dead-letter-log/letter.ts'
import type { Batch } from './batch.ts'
import { noteEntered } from './batch-work.ts'
import { freeze } from './freeze.ts'
import type { InputInfo } from './line-framer.ts'
import type { ReplayLine, ReplayLines } from './replay-line.ts'

const BATCH_BYTES = 48 * 1024
const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const LINE_END = Buffer.from('\n')

/** Not an input: the lines name theirs themselves. They can be read again. */
const NO_INPUT: InputInfo = { turn: 0, sourceNumber: -1, name: 'replay', file: undefined, canReadAgain: true }

/** Whether a batch must end behind this line, which `bytes` lie before: it is full, or the line has no line end. */
export function endsReplayBatch({ letter }: ReplayLine, bytesBefore: number): boolean {
  const bytes = bytesOf(letter)
  return bytes[bytes.length - 1] !== NEWLINE || bytesBefore + bytes.length >= BATCH_BYTES
}

/** Of a line that was cut the end is not known: it gets one. */
function bytesOf({ original: { bytes, sha256 } }: DeadLetter): Uint8Array {
  return sha256 === undefined || bytes[bytes.length - 1] === NEWLINE ? bytes : Buffer.concat([bytes, LINE_END])
}

export function fillReplayBatch(batch: Batch, replay: ReplayLines): void {
  const { lines } = replay
  const count = lines.length
  batch.reset(count)
  batch.replay = replay
  batch.input = NO_INPUT
  batch.chunk = undefined
  const parts = lines.map(({ letter }) => bytesOf(letter))
  batch.bytes = Buffer.concat(parts)
  batch.byteLength = batch.bytes.length
  batch.offset = 0
  batch.firstLineNumber = 0
  batch.addedLineEnd = '\n'
  batch.isValidUtf8 = isUtf8(batch.bytes)
  batch.isUnterminated = batch.bytes[batch.bytes.length - 1] !== NEWLINE
  // They begin at different processors, so a queue gets its lines from several sides.
  batch.isDisordered = true
  if (batch.starts.length < count + 1) batch.starts = new Int32Array((count + 1) * 2)
  batch.values = []
  let start = 0
  for (const [line, { entry }] of lines.entries()) {
    const bytes = parts[line]
    batch.starts[line] = start
    start += bytes.length
    const isCrlf = bytes[bytes.length - 1] === NEWLINE && bytes[bytes.length - 2] === CARRIAGE_RETURN
    batch.crlf[line] = isCrlf ? 1 : 0
    batch.hasCrlf ||= isCrlf
    batch.values.push(entry.value)
    if (typeof entry.value !== 'string') {
      freeze(entry.value)
      batch.hasRecords = true
    }
  }
  batch.starts[count] = start
}

/** Puts each line where it goes in. Its path has begun. */
export function placeReplayLines(batch: Batch, lines: readonly ReplayLine[]): void {
  for (const queue of batch.queues) queue.clear()
  for (const [line, { entry }] of lines.entries()) {
    noteEntered(batch, entry.node, 1)
    const queue = batch.queues[entry.node]
    if (queue === undefined) batch.outcome[line] = 1 | (entry.node << 8)
    else queue.push(line)
  }
}
