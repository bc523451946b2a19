// What is kept of a line that failed for good or that no tag matched: everything that a person or a replay needs.

import { createHash } from 'node:crypto'

import type { PathWriter } from '../shared-memory/index.ts'
import type { DeadLetter } from '../state/dead-letter-log/letter.ts'
import type { Batch, DeadDetail } from './batch.ts'

export interface LetterWriter {
  /** Returns when the letters are in the log in full. */
  append(letters: readonly DeadLetter[]): void
}

export function letterOf(
  batch: Batch,
  item: number,
  detail: DeadDetail,
  run: { readonly nodeNames: readonly string[]; readonly configHash: string },
  paths: PathWriter
): DeadLetter {
  void [batch, item, detail, run, paths, createHash]
  throw new Error('replaced when the log has landed')
}
