import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { crc32c } from '../../base/crc32c.ts'
import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { SimulatedFileSystem } from '../../base/simulated-file-system-fixtures.ts'
import { UserError } from '../../base/user-error.ts'
import { checkpoint } from '../checkpoint/checkpoint-fixtures.ts'
import { encodeCheckpoint } from '../checkpoint/encoding.ts'
import { acquireLock, tryLock } from '../lock.ts'
import { temporaryFolder } from '../state-fixtures.ts'
import { discardLetters } from './discard.ts'
import { DiscardsWriter } from './discards-writer.ts'
import { logFolder, writeFrameHeader } from './layout.ts'
import { letter, letters, readLog } from './log-fixtures.ts'
import { readDeadLetters } from './reader.ts'
import { DeadLetterLog } from './writer.ts'

/** Small segments, so that a few letters fill several: two in each. */
const SMALL = { segmentBytes: 550 }

function logOf(t: TestContext, count: number): string {
  const folder = temporaryFolder(t)
  append(folder, count)
  return folder
}

function append(folder: string, count: number, first = 0): void {
  const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
  log.append(letters(count, first))
  log.close()
}

function discard(folder: string, ...sequences: number[]): { letters: number; segments: number } {
  return discardLetters(
    folder,
    readLog(folder).stored.filter(({ sequence }) => sequences.includes(sequence))
  )
}

function sequences(folder: string): number[] {
  return readLog(folder).stored.map(({ sequence }) => sequence)
}

function discardedSequences(folder: string): number[] {
  return [...readDeadLetters(folder)].flatMap(entry => (entry.kind === 'discarded' ? [entry.sequence] : []))
}

function files(folder: string, extension: string): string[] {
  return readdirSync(logFolder(folder))
    .filter(name => name.endsWith(extension))
    .sort()
}

/** A log of two letters, the first of them discarded, and the file that says so. */
function firstOfTwoDiscarded(t: TestContext): { folder: string; path: string; bytes: Buffer } {
  const folder = logOf(t, 2)
  discard(folder, 0)
  const path = join(logFolder(folder), '000000000001.discards')
  return { folder, path, bytes: readFileSync(path) }
}

describe('a discarded letter', () => {
  test('is read no more, and all others keep their numbers', t => {
    const folder = logOf(t, 7)
    const before = files(folder, '.dll').map(name => readFileSync(join(logFolder(folder), name)))

    assert.deepEqual(discard(folder, 1, 2, 6), { letters: 3, segments: 0 })
    assert.deepEqual(discard(folder, 4), { letters: 1, segments: 0 })

    assert.deepEqual(readLog(folder).letters, [letter(0), letter(3), letter(5)])
    assert.deepEqual(sequences(folder), [0, 3, 5])
    assert.deepEqual(discardedSequences(folder), [1, 2, 4, 6])
    assert.deepEqual(readLog(folder).damage, [])
    // Not a byte of what a run may be writing has changed.
    assert.deepEqual(
      files(folder, '.dll').map(name => readFileSync(join(logFolder(folder), name))),
      before
    )
    assert.equal(statSync(join(logFolder(folder), '000000000001.discards')).mode & 0o777, 0o600)
  })

  test('twice is discarded once', t => {
    const folder = logOf(t, 3)
    const all = readLog(folder).stored
    discardLetters(folder, all.slice(0, 1))
    discardLetters(folder, all.slice(0, 2))
    assert.deepEqual(sequences(folder), [2])
  })

  test('does not keep a run from appending, before or after', t => {
    const folder = logOf(t, 3)
    const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
    discard(folder, 0, 2)
    log.append(letters(3, 3))
    discard(folder, 3)
    log.append(letters(1, 6))
    log.close()
    append(folder, 1, 7)
    assert.deepEqual(sequences(folder), [1, 4, 5, 6, 7])
    assert.deepEqual(readLog(folder).damage, [])
  })

  test('hides no other letter that takes its place when the log is cut back', t => {
    const folder = logOf(t, 1)
    const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
    const before = log.position
    log.append([letter(1)])
    discard(folder, 1)
    log.cutTo(before)
    assert.deepEqual(sequences(folder), [0])
    log.append([letter(2)])
    assert.deepEqual(readLog(folder).letters, [letter(0), letter(2)])

    log.cutTo(before)
    log.append([letter(1)])
    log.close()
    assert.deepEqual(readLog(folder).letters, [letter(0)], 'the very same letter at the same place stays discarded')
  })

  test('of thousands in one segment is one of them', t => {
    const folder = temporaryFolder(t)
    const log = new DeadLetterLog(folder)
    log.append(letters(40_000))
    log.close()
    const odd = readLog(folder).stored.filter(({ sequence }) => sequence % 2 === 1)
    assert.equal(discardLetters(folder, odd).letters, 20_000)
    assert.ok(sequences(folder).every(sequence => sequence % 2 === 0))
    assert.equal(sequences(folder).length, 20_000)
  })
})

describe('a segment of discarded letters only', () => {
  test('is deleted when nothing before it is kept and it is not the newest', t => {
    const folder = logOf(t, 7)
    assert.deepEqual(discard(folder, 2, 3), { letters: 2, segments: 0 })
    assert.deepEqual(discard(folder, 0, 1), { letters: 2, segments: 2 })
    assert.deepEqual(files(folder, '.dll'), ['000000000003.dll', '000000000004.dll'])
    assert.deepEqual(sequences(folder), [4, 5, 6])
    assert.deepEqual(readLog(folder).damage, [])

    assert.deepEqual(discard(folder, 4, 5, 6), { letters: 3, segments: 1 })
    assert.deepEqual(files(folder, '.dll'), ['000000000004.dll'])
    assert.deepEqual(files(folder, '.discards'), ['000000000003.discards', '000000000004.discards'])
    append(folder, 2, 7)
    assert.deepEqual(sequences(folder), [7, 8])
    assert.deepEqual(readLog(folder).damage, [])
  })

  test('stays while a run has the folder', t => {
    const folder = logOf(t, 5)
    const lock = acquireLock(folder)
    assert.deepEqual(discard(folder, 0, 1), { letters: 2, segments: 0 })
    lock.release()
    assert.deepEqual(discard(folder, 2), { letters: 1, segments: 1 })
    assert.deepEqual(sequences(folder), [3, 4])
  })

  test('stays where something in it is damaged', t => {
    const folder = logOf(t, 7)
    const writer = new DiscardsWriter(folder, nodeFileSystem)
    writer.add(readLog(folder).stored)
    const second = join(logFolder(folder), files(folder, '.dll')[1])
    const bytes = readFileSync(second)
    bytes[bytes.length - 3] ^= 1
    writeFileSync(second, bytes)

    assert.equal(writer.removeSegments(Number.POSITIVE_INFINITY), 1)
    assert.deepEqual(files(folder, '.dll').length, 3)
    assert.equal(readLog(folder).damage.length, 1)
  })

  test('stays while one of the checkpoints names it or one before it, or cannot be read', t => {
    const folder = logOf(t, 7)
    const position = (segment: number) => encodeCheckpoint(checkpoint(1, { deadLetters: { segment, length: 32 } }))
    writeFileSync(join(folder, 'checkpoint'), position(3))
    writeFileSync(join(folder, 'checkpoint.previous'), 'not one')
    assert.deepEqual(discard(folder, 0, 1, 2, 3, 4, 5), { letters: 6, segments: 0 })
    writeFileSync(join(folder, 'checkpoint.previous'), position(2))
    assert.deepEqual(discard(folder), { letters: 0, segments: 1 })
    rmSync(join(folder, 'checkpoint.previous'))
    assert.deepEqual(discard(folder), { letters: 0, segments: 1 })
    assert.deepEqual(files(folder, '.dll'), ['000000000003.dll', '000000000004.dll'])
    const log = new DeadLetterLog(folder, nodeFileSystem, SMALL)
    log.cutTo({ segment: 3, length: 32 })
    log.append(letters(1, 9))
    log.close()
    assert.deepEqual(readLog(folder).letters, letters(1, 9))
  })

  test('that is gone without having been discarded is reported', t => {
    const folder = logOf(t, 7)
    discard(folder, 0, 1)
    rmSync(join(logFolder(folder), '000000000002.dll'))
    assert.match(readLog(folder).damage[0]?.message ?? '', /^000000000003\.dll: segments are missing before it: 1/)
    const other = logOf(t, 7)
    rmSync(join(logFolder(other), '000000000001.dll'))
    assert.match(readLog(other).damage[0]?.message ?? '', /^000000000002\.dll: segments are missing before it: 1/)
  })

  test('is passed over by a reader that had listed it before', t => {
    const folder = logOf(t, 7)
    const reading = readDeadLetters(folder)
    assert.equal(reading.next().value?.kind, 'letter')
    discard(folder, 0, 1, 2, 3)
    const rest = [...reading]
    assert.deepEqual(
      rest.filter(({ kind }) => kind === 'damage'),
      []
    )
    const numbers = rest.flatMap(entry => (entry.kind === 'letter' ? [entry.sequence] : []))
    assert.deepEqual(numbers, [1, 4, 5, 6])
  })
})

describe('the files of discards', () => {
  test('with any bit flipped are reported, and at worst letters count again [F8]', t => {
    const folder = logOf(t, 5)
    discard(folder, 0)
    discard(folder, 3)
    discard(folder, 1, 2)
    // Removed were the first two segments; what is left says so, and discards nothing.
    assert.deepEqual(files(folder, '.dll'), ['000000000003.dll'])
    const again = logOf(t, 5)
    discard(again, 0)
    discard(again, 2)
    for (const place of [folder, again]) {
      for (const name of files(place, '.discards')) {
        const path = join(logFolder(place), name)
        const bytes = readFileSync(path)
        for (let at = 0; at < bytes.length; at++) {
          for (const flip of [0x01, 0x80, 0xff]) {
            const changed = Uint8Array.from(bytes)
            changed[at] ^= flip
            writeFileSync(path, changed)
            const { damage, stored } = readLog(place)
            assert.ok(damage.length > 0, `${name}, byte ${at}`)
            assert.ok(
              damage.some(({ message }) => message.startsWith(name)),
              `${name}, byte ${at}`
            )
            const found = stored.map(({ letter: { id } }) => id)
            const kept = place === folder ? [4] : [1, 3, 4]
            for (const number of kept) assert.ok(found.includes(letter(number).id), `${name}, byte ${at}`)
          }
        }
        writeFileSync(path, bytes)
      }
    }
  })

  test('cut anywhere are reported, and whole again after the next discard', t => {
    const { folder, path, bytes } = firstOfTwoDiscarded(t)
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length))
      assert.deepEqual(sequences(folder), [0, 1], `cut to ${length}`)
      assert.equal(readLog(folder).damage.length, 1, `cut to ${length}`)
      discard(folder, 1)
      assert.deepEqual([sequences(folder), readLog(folder).damage], [[0], []], `cut to ${length}`)
    }
  })

  test('with damage in them take further discards', t => {
    const { folder, path, bytes } = firstOfTwoDiscarded(t)
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes)
      changed[at] ^= 0x10
      writeFileSync(path, changed)
      discard(folder, 1)
      assert.ok(!sequences(folder).includes(1), `byte ${at}`)
      assert.deepEqual(readLog(folder).damage, [], `byte ${at}`)
    }
  })

  test('of the version before are read, and dropped letters are none there', t => {
    const { folder, path, bytes } = firstOfTwoDiscarded(t)
    const [header, fixed] = [48, 28]
    // Without the two numbers of what was dropped.
    const payload = Buffer.concat([bytes.subarray(header, header + 12), bytes.subarray(header + fixed)])
    payload[0] = 1
    const old = Buffer.concat([bytes.subarray(0, header), payload])
    writeFrameHeader(old, 32, 32, 0, payload.length)
    writeFileSync(path, old)
    assert.deepEqual([sequences(folder), readLog(folder).damage], [[1], []])
    discard(folder, 1)
    assert.deepEqual([sequences(folder), readLog(folder).damage], [[], []])
  })

  test('of a newer version are not replaced', t => {
    const { folder, path, bytes } = firstOfTwoDiscarded(t)
    bytes.writeUInt32LE(2, 8)
    bytes.writeUInt32LE(crc32c(bytes, 0, 28), 28)
    writeFileSync(path, bytes)
    assert.deepEqual(
      readLog(folder).damage.map(({ isNewer }) => isNewer),
      [true]
    )
    assert.throws(() => discard(folder, 1), UserError)
    assert.deepEqual(readFileSync(path), bytes)
  })

  test('are changed by one command at a time', t => {
    const folder = logOf(t, 2)
    const lock = tryLock(logFolder(folder))
    assert.throws(() => discard(folder, 0), UserError)
    lock?.release()
    assert.equal(discard(folder, 0).letters, 1)
  })

  test('hold all of a discard or nothing of it on a full disk [F3]', t => {
    const folder = logOf(t, 2)
    discard(folder, 0)
    const stored = readLog(folder).stored
    let room = 0
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      writeSync: (descriptor, bytes, offset, length) => {
        if (room === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 })
        const count = nodeFileSystem.writeSync(descriptor, bytes, offset, Math.min(length, room, 7))
        room -= count
        return count
      }
    }
    const needed = statSync(join(logFolder(folder), '000000000001.discards')).size + 12
    for (let bytes = 0; bytes < needed; bytes++) {
      room = bytes
      assert.throws(() => discardLetters(folder, stored, fileSystem), { code: 'ENOSPC' })
      assert.deepEqual([sequences(folder), readLog(folder).damage], [[1], []])
    }
    room = needed
    assert.equal(discardLetters(folder, stored, fileSystem).letters, 1)
    assert.deepEqual(sequences(folder), [])
  })

  test('after a power failure at any call are those before the discard or those after it', () => {
    const fileSystem = new SimulatedFileSystem()
    fileSystem.mkdirSync('/state')
    const log = new DeadLetterLog('/state', fileSystem, SMALL)
    log.append(letters(7))
    log.close()
    fileSystem.syncAll()
    const { stored } = readLog('/state', {}, fileSystem)
    const writer = new DiscardsWriter('/state', fileSystem)
    const steps = [[1], [2, 3, 6], [0], [4]].map(wanted => stored.filter(({ sequence }) => wanted.includes(sequence)))

    const gone = new Set<number>()
    let going: readonly number[] = []
    let crashes = 0
    const crash = (): undefined => {
      for (let seed = 0; seed < 20; seed++) {
        const { damage, stored: left } = readLog('/state', {}, fileSystem.crash(crashes++))
        assert.deepEqual(damage, [])
        const found = left.map(({ sequence }) => sequence)
        for (const number of [0, 1, 2, 3, 4, 5, 6]) {
          if (!going.includes(number)) assert.equal(found.includes(number), !gone.has(number), `letter ${number}`)
        }
      }
    }
    fileSystem.intercept = crash
    for (const step of steps) {
      going = step.map(({ sequence }) => sequence)
      assert.equal(writer.add(step), step.length)
      for (const number of going) gone.add(number)
      going = []
      crash()
    }
    assert.equal(writer.removeSegments(Number.POSITIVE_INFINITY), 2)
    crash()
    assert.ok(crashes > 1000)
  })

  test('are not made where there is no log', t => {
    const folder = temporaryFolder(t)
    assert.deepEqual(discardLetters(folder, []), { letters: 0, segments: 0 })
    assert.ok(!existsSync(logFolder(folder)))
  })
})
