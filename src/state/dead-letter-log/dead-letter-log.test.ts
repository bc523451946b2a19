import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { temporaryFolder } from '../state-fixtures.ts'
import { logFolder, SEGMENT_HEADER_BYTES, segmentName } from './layout.ts'
import { letter, letters, readLog } from './log-fixtures.ts'
import { DeadLetterLog, DeadLetterLogError } from './writer.ts'

/** Small segments, so that a few letters fill several. */
const SMALL = { segmentBytes: 600 }

function files(folder: string): string[] {
  return existsSync(logFolder(folder)) ? readdirSync(logFolder(folder)).sort() : []
}

describe('the dead-letter log', () => {
  test('gives back in order what was appended, over several runs and segments', t => {
    const folder = temporaryFolder(t)
    for (let run = 0; run < 4; run++) {
      const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
      log.append(letters(3, run * 5))
      log.append(letters(2, run * 5 + 3))
      log.close()
    }

    const { letters: found, stored, damage } = readLog(folder)
    assert.deepEqual(found, letters(20))
    assert.deepEqual(damage, [])
    assert.deepEqual(
      stored.map(({ sequence }) => sequence),
      found.map((_, index) => index)
    )
    assert.ok(files(folder).length > 5)
    for (const name of files(folder)) assert.ok(statSync(join(logFolder(folder), name)).size <= SMALL.segmentBytes)
  })

  test('makes nothing before the first letter, and private files then', { skip: process.platform === 'win32' }, t => {
    const folder = temporaryFolder(t)
    const umask = process.umask(0)
    t.after(() => process.umask(umask))
    const log = new DeadLetterLog(folder)
    log.append([])
    assert.deepEqual(readdirSync(folder), [])
    assert.deepEqual(readLog(folder).damage, [])

    log.append(letters(1))
    log.close()
    assert.deepEqual(files(folder), ['000000000001.dll'])
    assert.equal(statSync(logFolder(folder)).mode & 0o777, 0o700)
    assert.equal(statSync(join(logFolder(folder), '000000000001.dll')).mode & 0o777, 0o600)
  })

  test('says its length and position, the same after it was opened again', t => {
    const folder = temporaryFolder(t)
    const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
    assert.deepEqual(log.position, { segment: 1, length: 0 })
    assert.equal(log.length, 0)

    for (let i = 0; i < 6; i++) {
      log.append([letter(i)])
      const sizes = files(folder).map(name => statSync(join(logFolder(folder), name)).size)
      assert.equal(
        log.length,
        sizes.reduce((sum, size) => sum + size, 0)
      )
      assert.deepEqual(log.position, { segment: sizes.length, length: sizes.at(-1) })
      const again = new DeadLetterLog(folder, nodeFileSystem, SMALL)
      assert.deepEqual([again.position, again.length, again.tornBytes], [log.position, log.length, 0])
    }
    log.close()
  })

  test('keeps a letter that is longer than a segment', t => {
    const folder = temporaryFolder(t)
    const long = letter(1, { valueBefore: 'x'.repeat(2_000_000) })
    const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
    log.append([letter(0), long, letter(2)])
    log.append([long])
    log.close()

    assert.deepEqual(readLog(folder).letters, [letter(0), long, letter(2), long])
    assert.equal(files(folder).length, 4)
  })

  test('goes on reading from a position', t => {
    const folder = temporaryFolder(t)
    const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
    log.append(letters(10))
    const from = log.position
    log.append(letters(5, 10))
    log.close()

    assert.deepEqual(readLog(folder, { from }).letters, letters(5, 10))
    for (const { start, end, sequence } of readLog(folder).stored) {
      const first = readLog(folder, { from: start }).stored[0]
      assert.deepEqual(first?.letter, letter(sequence))
      assert.equal(first?.sequence, sequence)
      assert.equal(readLog(folder, { from: end }).letters.length, 14 - sequence)
      assert.deepEqual(readLog(folder, { from: end }).damage, [])
    }
  })

  test('takes no notice of other files in its folder', t => {
    const folder = temporaryFolder(t)
    const log = new DeadLetterLog(folder)
    log.append(letters(2))
    log.close()
    writeFileSync(join(logFolder(folder), 'notes.txt'), 'mine')
    writeFileSync(join(logFolder(folder), '1.dll'), 'mine')

    assert.deepEqual(readLog(folder), { ...readLog(folder), letters: letters(2), damage: [] })
  })

  test('does not take a line that holds a piece of a log for letters [A35]', t => {
    const folder = temporaryFolder(t)
    const source = new DeadLetterLog(folder)
    source.append(letters(3))
    source.close()
    const bytes = new Uint8Array(segment(folder, 1).subarray(SEGMENT_HEADER_BYTES))
    const second = temporaryFolder(t)
    const log = new DeadLetterLog(second)
    log.append([letter(7, { original: { bytes, byteLength: bytes.length, sha256: undefined } })])
    log.close()
    // The outer frame is not to be trusted any more, so the next letter is searched for, through the inner ones.
    const damaged = segment(second, 1)
    damaged[SEGMENT_HEADER_BYTES] ^= 1
    writeFileSync(join(logFolder(second), '000000000001.dll'), damaged)

    assert.deepEqual(readLog(second).letters, [])
    assert.equal(readLog(second).damage.length, 1)
  })
})

describe('cutting back', () => {
  test('to any position that the log had leaves exactly what was there', t => {
    const positions: { segment: number; length: number }[] = []
    const build = () => {
      const folder = temporaryFolder(t)
      const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
      for (let i = 0; i < 8; i++) {
        positions[i] = log.position
        log.append([letter(i)])
      }
      return { folder, log }
    }
    build().log.close()
    for (const [count, position] of positions.entries()) {
      const { folder, log } = build()
      log.cutTo(position)
      assert.deepEqual(readLog(folder).letters, letters(count))

      log.append(letters(3, 100))
      log.close()
      const { letters: found, stored, damage } = readLog(folder)
      assert.deepEqual(found, [...letters(count), ...letters(3, 100)])
      assert.deepEqual(damage, [])
      assert.deepEqual(
        stored.map(({ sequence }) => sequence),
        found.map((_, index) => index)
      )
      assert.equal(log.length, new DeadLetterLog(folder).length)
    }
  })

  test('refuses a position that the log does not have, and cuts nothing', t => {
    const folder = temporaryFolder(t)
    const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
    log.append(letters(5))
    const { segment: last, length } = log.position
    for (const position of [
      { segment: last, length: length + 1 },
      { segment: last, length: length - 1 },
      { segment: last + 1, length: 40 },
      { segment: 1, length: 1 },
      { segment: 1, length: 33 }
    ]) {
      assert.throws(() => log.cutTo(position), DeadLetterLogError, JSON.stringify(position))
      assert.deepEqual(readLog(folder).letters, letters(5))
    }
    log.append([letter(5)])
    log.close()
    assert.deepEqual(readLog(folder).letters, letters(6))
  })
})

describe('a disk that fails', () => {
  /** Takes `room` bytes in all, a few at a time, then none. */
  function diskWith(room: { bytes: number }): FileSystem {
    return {
      ...nodeFileSystem,
      writeSync: (descriptor, bytes, offset, length) => {
        if (room.bytes === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 })
        const count = nodeFileSystem.writeSync(descriptor, bytes, offset, Math.min(length, room.bytes, 13))
        room.bytes -= count
        return count
      }
    }
  }

  test('takes all letters of an append or none, wherever it is full, and all once there is room [F3]', t => {
    const folder = temporaryFolder(t)
    const room = { bytes: Number.POSITIVE_INFINITY }
    const log = new DeadLetterLog(folder, diskWith(room), SMALL)
    log.append(letters(2))
    const before = { position: log.position, length: log.length }
    const needed = (() => {
      log.append(letters(4, 2))
      const bytes = log.length - before.length
      log.cutTo(before.position)
      return bytes
    })()

    for (let bytes = 0; bytes < needed; bytes++) {
      room.bytes = bytes
      assert.throws(() => log.append(letters(4, 2)), { name: 'DeadLetterLogError', message: /no space left/ })
      assert.deepEqual({ position: log.position, length: log.length }, before)
      if (bytes % 50 === 0) assert.deepEqual(readLog(folder).letters, letters(2))
    }
    room.bytes = Number.POSITIVE_INFINITY
    log.append(letters(4, 2))
    log.close()
    assert.deepEqual(readLog(folder).letters, letters(6))
    assert.deepEqual(readLog(folder).damage, [])
  })

  test('that cannot be cut either is cleaned by the next append', t => {
    const folder = temporaryFolder(t)
    const room = { bytes: Number.POSITIVE_INFINITY }
    let canCut = true
    const log = new DeadLetterLog(folder, {
      ...diskWith(room),
      ftruncateSync: (descriptor, length) => {
        if (!canCut) throw Object.assign(new Error('EIO'), { code: 'EIO', errno: -5 })
        nodeFileSystem.ftruncateSync(descriptor, length)
      }
    })
    log.append(letters(1))
    room.bytes = 100
    canCut = false
    assert.throws(() => log.append(letters(3, 1)), DeadLetterLogError)
    assert.throws(() => log.append(letters(3, 1)), DeadLetterLogError)

    room.bytes = Number.POSITIVE_INFINITY
    canCut = true
    log.append(letters(3, 1))
    log.close()
    assert.deepEqual(readLog(folder).letters, letters(4))
    assert.deepEqual(readLog(folder).damage, [])
  })

  test('that may not be written is said in plain words', t => {
    const folder = temporaryFolder(t)
    writeFileSync(logFolder(folder), 'a file where the folder must be')

    assert.throws(() => new DeadLetterLog(folder), { message: /dead-letter log in .*dead-letters cannot be opened: / })
  })
})

describe('an unfinished write', () => {
  test('is reported, cut off when the log is opened, and no letter is lost by it', t => {
    const folder = temporaryFolder(t)
    const log = new DeadLetterLog(folder)
    log.append(letters(3))
    log.close()
    for (const rest of [Buffer.alloc(5), Buffer.alloc(5000), segment(folder, 1).subarray(32, 32 + 100)]) {
      appendFileSync(join(logFolder(folder), '000000000001.dll'), rest)
      const { letters: found, damage } = readLog(folder, { committed: log.position })
      assert.deepEqual(found, letters(3))
      // The third is a piece of another letter: not what an unfinished write of this one leaves.
      assert.deepEqual(
        damage.map(({ isTorn, byteLength }) => [isTorn, byteLength]),
        [[rest.length !== 100, rest.length]]
      )
      if (rest.length === 100) continue
      assert.equal(new DeadLetterLog(folder).tornBytes, rest.length)
      assert.deepEqual(readLog(folder).damage, [])
    }
    new DeadLetterLog(folder).append([letter(3)])
    assert.deepEqual(readLog(folder).letters, letters(4))
    assert.deepEqual(files(folder), ['000000000001.dll', '000000000002.dll'])
  })
})

function segment(folder: string, number: number): Buffer {
  return readFileSync(join(logFolder(folder), segmentName(number)))
}
