// Checkpoints, and files that differ from them, for the tests of this folder.

import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { UserError } from '../../base/user-error.ts'
import { temporaryFolder } from '../state-fixtures.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Difference, FileCheck } from './compare.ts'

/** The n-th checkpoint of a run; different from all others. */
export function checkpoint(number: number, changes: Partial<Checkpoint> = {}): Checkpoint {
  return {
    atMilliseconds: Date.UTC(2026, 0, 1) + number * 50,
    configHash: '0123456789abcdef',
    isComplete: false,
    lanes: [
      {
        epoch: 1,
        snapshotSequence: number,
        counters: [
          { of: 'lane', name: '', values: { entered: number * 10, delivered: number * 9, dropped: number } },
          { of: 'node', name: '__proto__', values: { received: number } },
          { of: 'edge', name: 'start > end', values: { emitted: number / 2 } }
        ]
      }
    ],
    inputs: [{ sourceNumber: 0, name: 'access "1".log', offset: number * 100, lineNumber: number, isFinished: false }],
    sinks: [{ name: 'end' }],
    deadLetters: { segment: 1, length: number * 7 },
    processors: [{ name: 'constructor', state: { counts: [number, null, -0.5], text: 'ä\u2028\ud800\u0000' } }],
    ...changes
  }
}

export function numberOf(found: Checkpoint): number {
  return found.lanes[0].snapshotSequence
}

export const LINES = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join('')

export function fileWith(t: TestContext, name: string, bytes: string | Uint8Array): string {
  const path = join(temporaryFolder(t), name)
  writeFileSync(path, bytes)
  return path
}

export function assertDiffers(check: FileCheck, difference: Difference, text: RegExp): void {
  assert.equal(check.matches, false)
  if (check.matches) return
  assert.equal(check.difference, difference)
  assert.ok(check.error instanceof UserError)
  assert.match(String(check.error), text)
  assert.match(String(check.error), /--fresh/)
}

/** Another file under the same name: the first one is still there, so its inode is not used again. */
export function replace(path: string, bytes: string): void {
  renameSync(path, `${path}.1`)
  writeFileSync(path, bytes)
}
