import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'

import { type FileSystem, nodeFileSystem } from './file-system.ts'
import { writeFully } from './write-fully.ts'

/** Each step is what one call does: takes so many bytes, or fails with a code. */
function scripted(steps: (number | keyof typeof constants.errno)[]): FileSystem & { taken: string } {
  return {
    ...nodeFileSystem,
    taken: '',
    writeSync(_descriptor, bytes, offset, length) {
      const step = steps.shift() ?? length
      if (typeof step === 'string') throw Object.assign(new Error(step), { code: step, errno: -constants.errno[step] })
      const count = Math.min(step, length)
      this.taken += Buffer.from(bytes.subarray(offset, offset + count)).toString()
      return count
    }
  }
}

test('goes on after short counts and interrupted calls, and waits longer while nothing is taken [F5]', () => {
  const fileSystem = scripted([
    1,
    'EINTR',
    'EAGAIN',
    'EAGAIN',
    2,
    'EAGAIN',
    'EAGAIN',
    'EAGAIN',
    'EAGAIN',
    'EAGAIN',
    'EAGAIN'
  ])
  const waits: number[] = []

  const result = writeFully(fileSystem, 1, Buffer.from('abcdef'), milliseconds => waits.push(milliseconds))

  assert.deepEqual(result, { written: 6, error: undefined })
  assert.equal(fileSystem.taken, 'abcdef')
  assert.deepEqual(waits, [1, 2, 1, 2, 3, 4, 5, 5])
})

test('tells exactly how much is in when a call fails', () => {
  const fileSystem = scripted([2, 1, 'ENOSPC'])

  const { written, error } = writeFully(fileSystem, 1, Buffer.from('abcdef'), () => {})

  assert.equal(written, 3)
  assert.equal(fileSystem.taken, 'abc')
  assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
})

test('gives up on what takes nothing and never says why', () => {
  const { written, error } = writeFully(scripted(Array(1000).fill(0)), 1, Buffer.from('abc'), () => {})

  assert.equal(written, 0)
  assert.match(String(error), /takes no more bytes/)
})

test('nothing to write is no call', () => {
  assert.deepEqual(
    writeFully(scripted(['EIO']), 1, new Uint8Array(0), () => {}),
    { written: 0, error: undefined }
  )
})
