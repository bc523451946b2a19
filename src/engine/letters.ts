// What is kept of a line that failed for good or that no tag matched: everything that a person or a replay needs.

import type { PathWriter } from '../shared-memory/index.ts'
import type { DeadLetter } from '../state/dead-letter-log/letter.ts'
import type { Batch, DeadDetail } from './batch.ts'
import { replayId } from './replay-line.ts'

export interface LetterWriter {
  /** The letters are in the log in full when it returns, or its promise resolves. */
  append(letters: readonly DeadLetter[]): void | Promise<void>
  /** Bytes in the log so far. */
  readonly length: number
  close(): void
}

/** `fork` is the item's number among the instances of its line, in depth-first order; the first has the line's own id. */
export function letterOf(
  batch: Batch,
  item: number,
  fork: number,
  detail: DeadDetail,
  run: { readonly nodeNames: readonly string[]; readonly configHash: string },
  paths: PathWriter
): DeadLetter {
  const line = batch.rootOf(item)
  const offset = batch.offset + batch.starts[line] - batch.starts[0]
  const isUnchanged = (batch.path[item] & 1) === 0
  const lastAttempt = detail.attempts[detail.attempts.length - 1]
  const replayed = batch.replayLineOf(item)
  const id = replayed === undefined ? `${batch.input.sourceNumber}:${offset}` : replayId(replayed.mark)
  return {
    kind: detail.kind,
    id: fork === 0 ? id : `${id}.${fork}`,
    original: replayed?.letter.original ?? originalOf(batch, line),
    valueBefore: isUnchanged ? undefined : detail.valueBefore,
    processor: detail.node === -1 ? '' : run.nodeNames[detail.node],
    tag: detail.tag,
    error: detail.error,
    attempts: detail.attempts,
    journey: paths.nodesOf(batch.path[item] >> 1).map(node => run.nodeNames[node]),
    ...(replayed === undefined ? placeOf(batch, line, offset) : placeOfLetter(replayed.letter)),
    atMilliseconds: lastAttempt?.atMilliseconds ?? Date.now(),
    configHash: run.configHash,
    replayOf: replayed?.letter.id
  }
}

type Place = Pick<DeadLetter, 'source' | 'file' | 'lineNumber' | 'offset'>

function placeOf({ input, firstLineNumber }: Batch, line: number, offset: number): Place {
  return { source: input.name, file: input.file, lineNumber: firstLineNumber + line, offset }
}

/** Where the line came from at first. */
function placeOfLetter({ source, file, lineNumber, offset }: DeadLetter): Place {
  return { source, file, lineNumber, offset }
}

function originalOf(batch: Batch, line: number): DeadLetter['original'] {
  const { oversize } = batch
  if (oversize !== undefined) return { bytes: oversize.head, byteLength: oversize.byteLength, sha256: oversize.sha256 }
  const bytes = batch.bytes.subarray(batch.starts[line], batch.starts[line + 1])
  return { bytes, byteLength: bytes.length, sha256: undefined }
}
