// Letters for the tests of the log, and the log as they look at it.

import type { FileSystem } from '../../base/file-system.ts'
import type { DeadLetter } from './letter.ts'
import { type LogDamage, type ReadOptions, readDeadLetters, type StoredLetter } from './reader.ts'

/** The n-th letter; different from all others. */
export function letter(number: number, changes: Partial<DeadLetter> = {}): DeadLetter {
  const bytes = new Uint8Array(Buffer.from(`2026-01-01 E${number} disk full\r\n`))
  return {
    kind: 'dead',
    id: `0:${number * 30}`,
    original: { bytes, byteLength: bytes.length, sha256: undefined },
    valueBefore: undefined,
    processor: 'error',
    tag: 'error',
    error: { name: 'TypeError', message: `no code in line ${number}`, stack: undefined, code: undefined },
    attempts: [{ attempt: 1, atMilliseconds: 1_750_000_000_000 + number, message: `no code in line ${number}` }],
    journey: ['start', 'error'],
    source: 'access.log',
    file: undefined,
    lineNumber: number + 1,
    offset: number * 30,
    atMilliseconds: 1_750_000_000_001.5,
    configHash: '0123456789abcdef',
    replayOf: undefined,
    ...changes
  }
}

export function letters(count: number, first = 0): DeadLetter[] {
  return Array.from({ length: count }, (_, index) => letter(first + index))
}

export interface LogContent {
  readonly letters: readonly DeadLetter[]
  readonly stored: readonly StoredLetter[]
  readonly damage: readonly LogDamage[]
}

export function readLog(stateFolder: string, options: ReadOptions = {}, fileSystem?: FileSystem): LogContent {
  const entries = [...readDeadLetters(stateFolder, fileSystem, options)]
  const stored = entries.filter(entry => entry.kind === 'letter')
  const damage = entries.filter(entry => entry.kind === 'damage')
  return { letters: stored.map(entry => entry.letter), stored, damage }
}
