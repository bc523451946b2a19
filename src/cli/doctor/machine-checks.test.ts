import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Check } from '../checks/check.ts'
import { checkLimits, checkVersions, checkWatches, readLimits } from './machine-checks.ts'

const levels = (checks: readonly Check[]): string[] => checks.map(({ level }) => level)

describe('doctor says of the machine', () => {
  test('that a Node is too old, and that one without SQLite can lock nothing', () => {
    const [node, , sqlite] = checkVersions({ node: '22.20.0', sqlite: undefined })
    assert.deepEqual([node?.level, sqlite?.level], ['broken', 'broken'])
    assert.match(node?.text ?? '', /^22\.20\.0 is too old/)
    assert.equal(checkVersions()[0]?.level, 'ok')
  })

  test('that a SQLite before 3.51.3 has a fault, and that one after has not [F10]', () => {
    const level = (sqlite: string) => checkVersions({ node: '24.0.0', sqlite })[2]?.level
    assert.deepEqual(['3.51.2', '3.9.100', '2.99.99'].map(level), ['note', 'note', 'note'])
    assert.deepEqual(['3.51.3', '3.52.0', '4.0.0'].map(level), ['ok', 'ok', 'ok'])
  })

  test('which limits are too low, and how to raise them', () => {
    assert.deepEqual(levels(checkLimits({ openFiles: undefined, fileBytes: undefined }, 5000)), ['ok', 'ok'])
    const [open, size] = checkLimits({ openFiles: 64, fileBytes: 1_000_000 }, 1000)
    assert.deepEqual([open?.level, size?.level], ['warning', 'warning'])
    assert.match(open?.text ?? '', /^At most 64; this run may want 1,128\.$/)
    assert.match(open?.advice ?? '', /^ulimit -n 2048 /)
    assert.match(size?.text ?? '', /more than 1\.00 MB/)
    // These tests run under some limit or none, never under nonsense.
    const { openFiles } = readLimits()
    assert.ok(openFiles === undefined || openFiles > 0)
  })

  test('that few files can be watched, where files are', () => {
    assert.deepEqual(levels(checkWatches({ watches: 100, instances: 8 })), ['warning'])
    assert.deepEqual(levels(checkWatches({ watches: 65_536, instances: 128 })), ['ok'])
    assert.deepEqual(checkWatches(undefined), [])
  })
})
