import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'

import { nodeFileSystem } from '../../base/file-system.ts'
import { temporaryFolder } from '../state-fixtures.ts'
import { logFolder, SEGMENT_HEADER_BYTES } from './layout.ts'
import { letter, letters, readLog } from './log-fixtures.ts'
import type { LogDamage, StoredLetter } from './reader.ts'
import { DeadLetterLog } from './writer.ts'

const COUNT = 5
const ORIGINALS = letters(COUNT)

interface Log {
  readonly folder: string
  /** What each file holds when nothing has happened to it. */
  readonly files: ReadonlyMap<string, Buffer>
  readonly stored: readonly StoredLetter[]
  readonly committed: { readonly segment: number; readonly length: number }
}

/** Five letters in three segments: two, two, one. */
function smallLog(t: TestContext): Log {
  const folder = temporaryFolder(t)
  const log = new DeadLetterLog(folder, nodeFileSystem, { segmentBytes: 550 })
  log.append(letters(COUNT))
  log.close()
  const names = readdirSync(logFolder(folder)).sort()
  assert.equal(names.length, 3)
  const files = new Map(names.map(name => [name, readFileSync(join(logFolder(folder), name))]))
  return { folder, files, stored: readLog(folder).stored, committed: log.position }
}

function restore({ folder, files }: Log): void {
  rmSync(logFolder(folder), { recursive: true, force: true })
  mkdirSync(logFolder(folder))
  for (const [name, bytes] of files) writeFileSync(join(logFolder(folder), name), bytes)
}

function change({ folder }: Log, name: string, bytes: Uint8Array): void {
  writeFileSync(join(logFolder(folder), name), bytes)
}

/** Letters that do not lie in these bytes of a segment. */
function untouched(log: Log, segment: number, from: number, to: number): number[] {
  return log.stored
    .filter(({ start, end }) => start.segment !== segment || end.length <= from || start.length >= to)
    .map(({ sequence }) => sequence)
}

/** What is said of the log as it is now, and the numbers of the letters that come out as they went in. */
function look(log: Log): { damage: readonly LogDamage[]; sequences: number[] } {
  const { stored, damage } = readLog(log.folder, { committed: log.committed })
  for (const { letter: found, sequence } of stored) assert.ok(isDeepStrictEqual(found, ORIGINALS[sequence]))
  return { damage, sequences: stored.map(({ sequence }) => sequence) }
}

describe('damage', () => {
  test('every flipped bit is reported, and every letter that it does not lie in is read [F8]', t => {
    const log = smallLog(t)
    for (const [name, bytes] of log.files) {
      const segment = Number.parseInt(name, 10)
      for (let at = 0; at < bytes.length; at++) {
        for (const flip of [0x01, 0x80, 0xff]) {
          const changed = Uint8Array.from(bytes)
          changed[at] ^= flip
          change(log, name, changed)

          const { damage, sequences } = look(log)
          assert.equal(damage.length, 1, `${name}, byte ${at}`)
          assert.equal(damage[0]?.isTorn, false)
          assert.match(damage[0]?.message ?? '', new RegExp(`^${name}: .*(?:damaged|version|segment)`))
          assert.deepEqual(sequences, untouched(log, segment, at, at + 1), `${name}, byte ${at}`)
        }
      }
      change(log, name, bytes)
    }
  })

  test('every missing end is reported, and every letter before it and in other segments is read [F8]', t => {
    const log = smallLog(t)
    for (const [name, bytes] of log.files) {
      const segment = Number.parseInt(name, 10)
      for (let length = 0; length < bytes.length; length++) {
        change(log, name, bytes.subarray(0, length))

        const { damage, sequences } = look(log)
        assert.ok(damage.length > 0, `${name} cut to ${length}`)
        assert.deepEqual(sequences, untouched(log, segment, length, bytes.length), `${name} cut to ${length}`)
      }
      change(log, name, bytes)
    }
  })

  test('any bytes taken out of the middle are reported [F8]', t => {
    const log = smallLog(t)
    for (const [name, bytes] of log.files) {
      const segment = Number.parseInt(name, 10)
      const lengths = [1, 7, 16, ...log.stored.map(({ start, end }) => end.length - start.length)]
      for (const length of lengths) {
        for (let at = 0; at + length < bytes.length; at++) {
          change(log, name, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]))

          const { damage, sequences } = look(log)
          assert.ok(damage.length > 0, `${name}, ${length} bytes from ${at}`)
          const before = log.stored.filter(({ end }) => end.segment !== segment || end.length <= at)
          for (const { sequence } of before)
            assert.ok(sequences.includes(sequence), `${name}, ${length} bytes from ${at}`)
        }
      }
      change(log, name, bytes)
    }
  })

  test('a segment that is gone is reported [F8]', t => {
    const log = smallLog(t)
    const names = [...log.files.keys()]
    for (const [index, name] of names.entries()) {
      rmSync(join(logFolder(log.folder), name))
      // The first one may have been deleted to make room; whoever knows better asks from a position.
      const from = { segment: 1, length: 0 }
      const { damage, stored } = readLog(log.folder, { from, committed: log.committed })
      assert.ok(damage.length > 0, name)
      assert.deepEqual(
        stored.map(({ sequence }) => sequence),
        untouched(log, index + 1, 0, Number.POSITIVE_INFINITY)
      )
      restore(log)
    }
  })

  test('a segment under the name of another is reported', t => {
    const log = smallLog(t)
    const [first, second] = [...log.files.keys()] as [string, string]
    change(log, second, log.files.get(first)!)

    assert.match(look(log).damage[0]?.message ?? '', /it is segment 1 by its header/)
    assert.deepEqual(look(log).sequences, untouched(log, 2, 0, Number.POSITIVE_INFINITY))
  })

  test('zeros where letters were are reported [F8]', t => {
    const log = smallLog(t)
    for (const [name, bytes] of log.files) {
      for (let at = 0; at < bytes.length; at += 7) {
        const changed = Uint8Array.from(bytes)
        changed.fill(0, at)
        change(log, name, changed)

        assert.ok(look(log).damage.length > 0, `${name} from ${at}`)
      }
      change(log, name, bytes)
    }
  })

  test('never keeps the log from being opened and appended to, and is still reported then', t => {
    const log = smallLog(t)
    for (const [name, bytes] of log.files) {
      for (let at = 0; at < bytes.length; at += 3) {
        restore(log)
        const changed = Uint8Array.from(bytes)
        changed[at] ^= 0x10
        change(log, name, changed)
        const expected = readLog(log.folder).letters

        const writer = new DeadLetterLog(log.folder, nodeFileSystem, { segmentBytes: 550 })
        writer.append(letters(2, 50))
        writer.close()
        const { letters: found, damage } = readLog(log.folder)
        assert.deepEqual(found, [...expected, ...letters(2, 50)])
        assert.equal(damage.length, 1, `${name}, byte ${at}`)
        assert.equal(writer.tornBytes, 0)
      }
    }
  })

  test('at the end of the log is told from an unfinished write, which the next writer removes', t => {
    const log = smallLog(t)
    const name = [...log.files.keys()].at(-1)!
    const bytes = log.files.get(name)!
    for (let length = 0; length < bytes.length; length++) {
      restore(log)
      change(log, name, bytes.subarray(0, length))
      const isBoundary = length === SEGMENT_HEADER_BYTES || length === 0
      // Without a position from outside, a log that ends between two letters is whole.
      const { damage } = readLog(log.folder)
      assert.deepEqual(
        damage.map(({ isTorn }) => isTorn),
        length === SEGMENT_HEADER_BYTES ? [] : [true],
        `cut to ${length}`
      )

      const writer = new DeadLetterLog(log.folder, nodeFileSystem, { segmentBytes: 550 })
      assert.equal(
        writer.tornBytes,
        isBoundary ? 0 : length < SEGMENT_HEADER_BYTES ? length : length - SEGMENT_HEADER_BYTES
      )
      writer.append([letter(COUNT - 1)])
      writer.close()
      assert.deepEqual(readLog(log.folder).letters, letters(COUNT))
      assert.deepEqual(readLog(log.folder).damage, [])
    }
  })
})
