import assert from 'node:assert/strict'
import { appendFileSync, closeSync, mkdirSync, openSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { nodeFileSystem } from '../../base/file-system.ts'
import type { InputCheckpoint, InputFile } from './checkpoint.ts'
import { assertDiffers, fileWith, LINES, replace } from './checkpoint-fixtures.ts'
import type { FileCheck } from './compare.ts'
import { checkInput, describeInputFile, FileChangedError } from './input-file.ts'

function describeInput(path: string, offset: number, isCompressed = false, last?: InputFile): InputFile {
  const descriptor = openSync(path, 'r')
  try {
    return describeInputFile(nodeFileSystem, { path, descriptor, offset, isCompressed, last })
  } finally {
    closeSync(descriptor)
  }
}

function inputAt(path: string, offset: number, isCompressed = false): InputCheckpoint {
  const file = describeInput(path, offset, isCompressed)
  return { sourceNumber: 0, name: 'access.log', offset, lineNumber: 1, isFinished: false, file }
}

describe('an input', () => {
  test('matches while it is as it was, and when it has grown', t => {
    const path = fileWith(t, 'access.log', LINES)
    for (const offset of [0, 7, 64, 5000, LINES.length]) {
      assert.deepEqual(checkInput(nodeFileSystem, inputAt(path, offset)), { matches: true, sizeBytes: LINES.length })
    }
    const before = inputAt(path, 5000)
    appendFileSync(path, 'more\n')
    assert.deepEqual(checkInput(nodeFileSystem, before), { matches: true, sizeBytes: LINES.length + 5 })
  })

  test('that was short and has grown matches by the bytes that it had', t => {
    const path = fileWith(t, 'access.log', 'one\n')
    const before = inputAt(path, 4)
    appendFileSync(path, LINES)
    assert.equal(checkInput(nodeFileSystem, before).matches, true)
    writeFileSync(path, `two\n${LINES}`)
    assertDiffers(checkInput(nodeFileSystem, before), 'head_changed', /the input "access.log" .* its first 4 bytes/)
  })

  test('that is gone, replaced, shorter or no file is told as such', t => {
    const path = fileWith(t, 'access.log', LINES)
    const before = inputAt(path, 5000)

    truncateSync(path, 4999)
    assertDiffers(checkInput(nodeFileSystem, before), 'shorter', /it has 4999 bytes, .* stands at byte 5000/)
    replace(path, LINES)
    assertDiffers(checkInput(nodeFileSystem, before), 'replaced', /another file .*inode \d+ then, \d+ now/)
    rmSync(path)
    assertDiffers(checkInput(nodeFileSystem, before), 'missing', /is gone: .* byte 5000 of ".*access\.log"/)
    mkdirSync(path)
    assertDiffers(checkInput(nodeFileSystem, before), 'not_a_file', /no regular file any more/)
  })

  test('is known to be another by any byte among the first and among those before the position', t => {
    const path = fileWith(t, 'access.log', LINES)
    const before = inputAt(path, 6000)
    const changeAt = (at: number): FileCheck => {
      const bytes = Buffer.from(LINES)
      bytes[at] ^= 1
      writeFileSync(path, bytes)
      return checkInput(nodeFileSystem, before)
    }
    for (const at of [0, 1, 2000, 4095]) assertDiffers(changeAt(at), 'head_changed', /its first 4096 bytes/)
    for (const at of [5936, 5960, 5999]) {
      assertDiffers(changeAt(at), 'changed_before_position', /the 64 bytes before byte 6000 are others/)
    }
    assert.equal(changeAt(6000).matches, true)
  })

  test('that is compressed is known by the file as it is stored, whatever the position in its text', t => {
    const path = fileWith(t, 'access.log.gz', gzipSync(LINES))
    const size = statSync(path).size
    const before = inputAt(path, 9000, true)
    assert.ok(size < 9000)
    assert.deepEqual(checkInput(nodeFileSystem, before), { matches: true, sizeBytes: size })
    appendFileSync(path, gzipSync('more\n'))
    assert.equal(checkInput(nodeFileSystem, before).matches, true)
    truncateSync(path, size - 1)
    assertDiffers(checkInput(nodeFileSystem, before), 'shorter', new RegExp(`stands at byte ${size}`))
  })

  test('on a device with another number is known by its bytes, and not when they are too few', t => {
    const path = fileWith(t, 'access.log', LINES)
    const elsewhere = ({ file, ...rest }: InputCheckpoint): InputCheckpoint => ({
      ...rest,
      file: { ...file!, device: '1' }
    })
    assert.equal(checkInput(nodeFileSystem, elsewhere(inputAt(path, 5000))).matches, true)
    assert.equal(checkInput(nodeFileSystem, elsewhere(inputAt(path, 0))).matches, true)
    const short = fileWith(t, 'access.log', 'one\n')
    assertDiffers(checkInput(nodeFileSystem, elsewhere(inputAt(short, 4))), 'replaced', /another device/)
  })

  test('that changes while it is read is noticed at the next checkpoint', t => {
    const path = fileWith(t, 'access.log', 'one\n')
    const first = describeInput(path, 4)
    appendFileSync(path, LINES)
    const second = describeInput(path, 5000, false, first)
    assert.equal(second.head.byteCount, 4096)
    assert.equal(describeInput(path, 6000, false, second).head, second.head)

    writeFileSync(path, `two\n${LINES}`)
    assert.throws(() => describeInput(path, 6000, false, second), FileChangedError)
    truncateSync(path, 100)
    assert.throws(() => describeInput(path, 6000), /shortened while it was read: from 6000 to 100 bytes/)
  })

  test('that is no file is not compared', () => {
    const stdin = { sourceNumber: 0, name: 'stdin', offset: 9, lineNumber: 1, isFinished: false }
    assert.equal(checkInput(nodeFileSystem, stdin).matches, true)
  })
})
