import assert from 'node:assert/strict'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { type RunInformation, readRun, writeRun } from './run-json.ts'
import { temporaryFolder } from './state-fixtures.ts'

const RUN: RunInformation = { pid: 1234, startedAtMilliseconds: 1_750_000_000_000, url: 'http://[::1]:1', token: 't' }

describe('run.json', () => {
  test('tells what was written, until the run takes its leave', t => {
    const folder = temporaryFolder(t)
    assert.equal(readRun(folder), undefined)

    const leave = writeRun(folder, RUN)
    assert.deepEqual(readRun(folder), RUN)
    assert.deepEqual(readdirSync(folder), ['run.json'])

    leave()
    leave()
    assert.deepEqual(readdirSync(folder), [])
  })

  test('of a run without dashboard has neither address nor token', t => {
    const folder = temporaryFolder(t)
    const run = { ...RUN, url: undefined, token: undefined }
    writeRun(folder, run)

    assert.deepEqual(readRun(folder), run)
  })

  test('of the next run stays when an earlier one leaves late', t => {
    const folder = temporaryFolder(t)
    const leave = writeRun(folder, RUN)
    writeRun(folder, { ...RUN, pid: 5678 })
    leave()

    assert.equal(readRun(folder)?.pid, 5678)
  })

  test('is private from its first moment', {
    skip: process.platform === 'win32' ? 'Windows has no modes' : false
  }, t => {
    const umask = process.umask(0)
    t.after(() => process.umask(umask))
    for (const mask of [0o000, 0o022, 0o777]) {
      const folder = temporaryFolder(t)
      process.umask(mask)
      writeRun(folder, RUN)
      assert.equal(statSync(join(folder, 'run.json')).mode & 0o777, 0o600)
      process.umask(0)
    }
  })

  test('that holds something else is no run', t => {
    const folder = temporaryFolder(t)
    for (const text of ['', '{', 'null', '[]', '{"pid":"1"}', '{"pid":-1,"startedAtMilliseconds":0}', '{"pid":1}']) {
      writeFileSync(join(folder, 'run.json'), text)
      assert.equal(readRun(folder), undefined, text)
    }
  })
})
