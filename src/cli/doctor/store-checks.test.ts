// `doctor` makes the index of the dead letters anew, and `verify` says whether the database is whole.

import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { acquireLock } from '../../state/lock.ts'
import { rememberStart } from '../../state/started-with.ts'
import { storeFile } from '../../threads/stored.ts'
import { hasFault } from '../checks/check-text.ts'
import { leaveState } from '../verify/state-fixtures.ts'
import { verifyFolder } from '../verify/verify-folder.ts'
import { rebuildIndexes } from './store-checks.ts'

describe('doctor', () => {
  test('makes the index of dead letters anew, also in place of a database that is damaged [F10]', async t => {
    const { folder } = leaveStateWithPipeline(t)
    const [made] = await rebuildIndexes([folder], undefined)
    assert.deepEqual([made.level, made.text], ['ok', 'Made anew: 4 dead letters, 1 discarded.'])
    assert.ok(!hasFault(verifyFolder(folder)))

    writeFileSync(storeFile(folder), 'no database, but of some length '.repeat(300))
    const [found] = verifyFolder(folder).filter(hasFaultAlone)
    assert.equal(found.name, 'store')
    assert.match(found.text, /store\.db cannot be used: file is not a database\./)
    assert.equal(found.facts?.['file'], storeFile(folder))

    const [again] = await rebuildIndexes([folder], undefined)
    assert.equal(again.level, 'warning')
    assert.match(again.text, /4 dead letters, 1 discarded\. The database before could not be used .*set-aside/)
    const checks = verifyFolder(folder)
    assert.ok(!hasFault(checks))
    assert.equal(checks.filter(({ name }) => name === 'old store').length, 1)
  })

  test('writes nothing where it does not know what must be masked, or a run has the folder', async t => {
    const { folder } = leaveState(t)
    const [unknown] = await rebuildIndexes([folder], undefined)
    assert.deepEqual([unknown.level, readdirSync(folder).includes('store.db')], ['note', false])
    const other = leaveStateWithPipeline(t)
    const lock = acquireLock(other.folder)
    t.after(() => lock.release())
    const [busy] = await rebuildIndexes([other.folder], undefined)
    assert.deepEqual(
      [busy.text, readdirSync(other.folder).includes('store.db')],
      ['A run has it, and keeps it itself.', false]
    )
  })
})

const hasFaultAlone = (check: Parameters<typeof hasFault>[0][number]): boolean => hasFault([check])

function leaveStateWithPipeline(t: Parameters<typeof leaveState>[0]) {
  const left = leaveState(t)
  const pipeline = join(left.folder, '..', 'pipeline.yaml')
  writeFileSync(
    pipeline,
    'source: { file: { path: in.log } }\nprocessors: { start: { trim: {}, to: end } }\nsinks: { end: { discard: {} } }\n'
  )
  rememberStart(left.folder, { pipeline, currentFolder: join(left.folder, '..'), inputs: [], outputs: [] })
  return left
}
