import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { SimulatedFileSystem } from '../../base/simulated-file-system-fixtures.ts'
import { UserError } from '../../base/user-error.ts'
import { temporaryFolder } from '../state-fixtures.ts'
import type { SinkCheckpoint } from './checkpoint.ts'
import { assertDiffers, fileWith, LINES, replace } from './checkpoint-fixtures.ts'
import { CommittedSink } from './committed-sink.ts'
import type { Difference } from './compare.ts'
import { checkSink, cutSink } from './sink-file.ts'

function sinkAt(path: string, length: number, fileSystem: FileSystem = nodeFileSystem): SinkCheckpoint {
  const sink = new CommittedSink(path, fileSystem)
  try {
    return { name: 'end', file: sink.describe(length) }
  } finally {
    sink.close()
  }
}

describe('an output', () => {
  test('is cut back to the checkpoint, to the byte', t => {
    const path = fileWith(t, 'out.log', LINES)
    const sink = sinkAt(path, 5000)
    appendFileSync(path, 'more\n')
    const state = temporaryFolder(t)
    assert.deepEqual(checkSink(nodeFileSystem, sink), { matches: true, sizeBytes: LINES.length + 5 })
    assert.deepEqual(cutSink(nodeFileSystem, state, sink), { cutBytes: LINES.length - 4995, savedAs: undefined })
    assert.equal(readFileSync(path, 'utf8'), LINES.slice(0, 5000))
    assert.deepEqual(cutSink(nodeFileSystem, state, sink), { cutBytes: 0, savedAs: undefined })
    assert.deepEqual(readdirSync(state), [])
  })

  for (const length of [5000, 20, 0]) {
    test(`that was renamed in its folder is cut back there: ${length} bytes [F11]`, t => {
      const path = fileWith(t, 'out.log', LINES)
      const sink = sinkAt(path, length)
      renameSync(path, `${path}.1`)
      writeFileSync(path, 'of another\n')
      assert.deepEqual(checkSink(nodeFileSystem, sink), { matches: true, sizeBytes: LINES.length })
      const cutBytes = LINES.length - length
      const cut = cutSink(nodeFileSystem, temporaryFolder(t), sink)
      assert.deepEqual(cut, { cutBytes, savedAs: undefined, movedTo: `${path}.1` })
      assert.equal(readFileSync(`${path}.1`, 'utf8'), LINES.slice(0, length))
      assert.equal(readFileSync(path, 'utf8'), 'of another\n')
    })
  }

  test('is not taken for another one that has its inode now', t => {
    const path = fileWith(t, 'out.log', LINES)
    const sink = sinkAt(path, 20)
    const file = { ...sink.file!, bornNanoseconds: '1' }
    renameSync(path, `${path}.1`)
    assertDiffers(checkSink(nodeFileSystem, { ...sink, file }), 'missing', /is gone/)
    const { bornNanoseconds: _, ...unknown } = file
    assertDiffers(checkSink(nodeFileSystem, { ...sink, file: unknown }), 'missing', /is gone/)
    assert.throws(() => cutSink(nodeFileSystem, temporaryFolder(t), { ...sink, file }), UserError)
    assert.equal(readFileSync(`${path}.1`, 'utf8'), LINES)
  })

  test('of a run that had ended may be gone: nothing is to be cut off it [F11]', t => {
    const path = fileWith(t, 'out.log', LINES)
    const held = new CommittedSink(path)
    t.after(() => held.close())
    const sink = { name: 'end', file: held.describe(LINES.length, true) }
    assert.equal(held.describe(LINES.length - 1, true).isAtRest, undefined, 'it has bytes behind the checkpoint')
    rmSync(path)
    assert.equal(checkSink(nodeFileSystem, sink).matches, true)
    const cut = cutSink(nodeFileSystem, temporaryFolder(t), sink)
    assert.deepEqual(cut, { cutBytes: 0, savedAs: undefined, isGone: true })
  })

  test('that does not match is not touched', t => {
    const state = temporaryFolder(t)
    const path = fileWith(t, 'out.log', LINES)
    const sink = sinkAt(path, 5000)
    const assertUntouched = (difference: Difference, text: RegExp): void => {
      const bytes = existsSync(path) ? readFileSync(path) : undefined
      assertDiffers(checkSink(nodeFileSystem, sink), difference, text)
      assert.throws(() => cutSink(nodeFileSystem, state, sink), UserError)
      assert.deepEqual(existsSync(path) ? readFileSync(path) : undefined, bytes)
      assert.deepEqual(readdirSync(state), [])
    }

    writeFileSync(path, `${LINES.slice(0, 4990)}X${LINES.slice(4991)}`)
    assertUntouched('changed_before_position', /output "end" \(".*out\.log"\) .* 64 bytes before byte 5000/)
    truncateSync(path, 10)
    assertUntouched('shorter', /has 10 bytes/)
    replace(path, LINES)
    assertUntouched('replaced', /another file.* Nothing was cut/)
    rmSync(path)
    assertUntouched('missing', /is gone/)
  })

  test('that nothing was written to may be gone', t => {
    const path = fileWith(t, 'out.log', '')
    const sink = sinkAt(path, 0)
    rmSync(path)
    assert.deepEqual(checkSink(nodeFileSystem, sink), { matches: true, sizeBytes: 0 })
    assert.deepEqual(cutSink(nodeFileSystem, temporaryFolder(t), sink), { cutBytes: 0, savedAs: undefined })
    assert.equal(existsSync(path), false)
  })

  test('with more behind the checkpoint than a run leaves uncommitted is saved before it is cut', t => {
    const path = fileWith(t, 'out.log', LINES)
    const state = temporaryFolder(t)
    for (const name of ['end-from-byte-100', 'end-from-byte-100.2']) {
      writeFileSync(path, LINES)
      const { cutBytes, savedAs } = cutSink(nodeFileSystem, state, sinkAt(path, 100), LINES.length - 101)
      assert.equal(cutBytes, LINES.length - 100)
      assert.equal(savedAs, join(state, 'cut', name))
      assert.equal(readFileSync(savedAs, 'utf8'), LINES.slice(100))
      assert.equal(statSync(savedAs).mode & 0o077, 0)
      assert.equal(readFileSync(path, 'utf8'), LINES.slice(0, 100))
    }
    writeFileSync(path, LINES)
    assert.equal(cutSink(nodeFileSystem, state, sinkAt(path, 100), LINES.length - 100).savedAs, undefined)
    assert.equal(readdirSync(join(state, 'cut')).length, 2)
  })

  test('loses none of these bytes to a power failure: they are in it, or in the saved file, whole', () => {
    const fileSystem = new SimulatedFileSystem()
    fileSystem.mkdirSync('/state')
    fileSystem.put('/out.log', LINES)
    fileSystem.syncAll()
    const sink = sinkAt('/out.log', 100, fileSystem)
    const found = new Set<string>()
    const crash = (): undefined => {
      for (let seed = 0; seed < 200; seed++) {
        const after = fileSystem.crash(seed)
        const kept = after.bytesOf('/out.log')?.toString()
        if (kept === LINES) found.add('in it')
        else {
          assert.equal(kept, LINES.slice(0, 100))
          assert.equal(after.bytesOf('/state/cut/end-from-byte-100')?.toString(), LINES.slice(100))
          found.add('saved')
        }
      }
    }
    fileSystem.intercept = crash
    cutSink(fileSystem, '/state', sink, 0)
    crash()
    assert.deepEqual(found, new Set(['in it', 'saved']))
  })

  test('is not cut when what it has cannot be saved', t => {
    const path = fileWith(t, 'out.log', LINES)
    const sink = sinkAt(path, 100)
    const full = {
      ...nodeFileSystem,
      writeSync() {
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 })
      }
    }
    const state = temporaryFolder(t)
    assert.throws(() => cutSink(full, state, sink, 0), /cannot be cut back: no space left on device/)
    assert.equal(readFileSync(path, 'utf8'), LINES)
    assert.deepEqual(readdirSync(join(state, 'cut')), [])
  })

  test('that was rotated or shortened by somebody is noticed at the next checkpoint [F11]', t => {
    const path = fileWith(t, 'out.log', LINES)
    const sink = new CommittedSink(path)
    t.after(() => sink.close())
    sink.sync()
    assert.equal(sink.isReplaced(), false)
    truncateSync(path, 10)
    assert.throws(() => sink.describe(5000), /shortened by somebody: from 5000 to 10 bytes/)
    renameSync(path, `${path}.1`)
    assert.equal(sink.isReplaced(), true)
    writeFileSync(path, '')
    assert.equal(sink.isReplaced(), true)
  })
})
