import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { fileIdentity, fileNumber } from '../base/file-identity.ts'
import { nodeFileSystem } from '../base/file-system.ts'
import { NODE, NODE_OFFSET, NODE_STRIDE } from '../shared-memory/index.ts'
import { simplePlan } from '../testing/simple-plan.ts'
import { CommittedOutputs } from './committed-outputs.ts'

const PLAN = simplePlan({ step: { use: (line: string) => line, to: 'end' } })

function outputs(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-outputs-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const asked: number[] = []
  const logged: string[] = []
  const path = join(folder, 'out.log')
  const open = (): CommittedOutputs => {
    const events = {
      plan: PLAN,
      onReplaced: (sinks: readonly number[]) => void asked.push(...sinks),
      log: (message: string) => void logged.push(message)
    }
    const opened = new CommittedOutputs([path], events, nodeFileSystem)
    t.after(() => opened.close())
    return opened
  }
  return { path, asked, logged, open }
}

/** A snapshot of a lane that writes to the file that has this path now. */
function snapshotOf(path: string, length: number): Float64Array {
  const values = new Float64Array(NODE_OFFSET + 2 * NODE_STRIDE)
  const base = NODE_OFFSET + NODE_STRIDE
  values[base + NODE.sink_length] = length
  values[base + NODE.sink_file] = fileNumber(fileIdentity(nodeFileSystem.statSync(path)))
  return values
}

test('an output that is renamed between its opening and the first commit is opened again before a line is in it [F11]', t => {
  const { path, asked, open } = outputs(t)
  writeFileSync(path, '')
  const before = snapshotOf(path, 0)
  renameSync(path, `${path}.1`)
  const held = open()
  assert.equal(held.takeUp(before), false)
  assert.deepEqual(asked, [0])
  writeFileSync(path, '')
  assert.equal(held.takeUp(before), false)
  assert.equal(held.takeUp(snapshotOf(path, 0)), true)
  assert.equal(held.describe(snapshotOf(path, 0), false)[0].file?.length, 0)
})

test('a length is told of the file that the snapshot speaks of, until one speaks of the new file [F11]', t => {
  const { path, asked, logged, open } = outputs(t)
  writeFileSync(path, 'one\ntwo\n')
  const held = open()
  const old = snapshotOf(path, 8)
  const { inode } = held.describe(old, false)[0].file!
  renameSync(path, `${path}.1`)
  held.tellReplaced()
  assert.deepEqual(asked, [0])
  writeFileSync(path, '')
  assert.equal(held.takeUp(old), true)
  assert.equal(held.describe(old, false)[0].file?.inode, inode)
  assert.deepEqual(logged, [])
  const reopened = snapshotOf(path, 0)
  assert.equal(held.takeUp(reopened), true)
  assert.notEqual(held.describe(reopened, false)[0].file?.inode, inode)
  assert.equal(logged.length, 1)
})
