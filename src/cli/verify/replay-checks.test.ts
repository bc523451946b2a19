import assert from 'node:assert/strict'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import type { ReplaySettings } from '../../state/replay/job.ts'
import { ReplayJobs } from '../../state/replay/jobs.ts'
import { temporaryFolder } from '../../state/state-fixtures.ts'
import { checkReplays } from './replay-checks.ts'

const SETTINGS: ReplaySettings = {
  name: 'all',
  key: undefined,
  by: 'a test',
  selection: '',
  from: 'step',
  change: undefined,
  linesPerSecond: undefined,
  stopAtErrorPercent: undefined,
  isForced: false
}

function withTwoJobs(t: TestContext): { folder: string; file: (name: string) => string } {
  const folder = temporaryFolder(t)
  const jobs = new ReplayJobs(folder)
  const line = '1\t32\t1\t46\t0\t0123456789abcdef\t0:7\n'
  jobs.save(jobs.create(SETTINGS, 'a', [line]), { state: 'done', done: 1 })
  jobs.create(SETTINGS, 'a', [line, line])
  return { folder, file: name => join(folder, 'replays', name) }
}

test('replays are counted, and the one that can go on is told', t => {
  const { folder } = withTwoJobs(t)
  const [summary, ...others] = checkReplays(folder)
  assert.deepEqual([summary?.level, others], ['ok', []])
  assert.equal(summary?.text, '2 jobs, replay 2 is running at 0 of 2.')
  assert.deepEqual(checkReplays(temporaryFolder(t)), [])
})

test('a replay whose files are damaged is told with its file [F8]', t => {
  for (const [name, damage] of [
    ['000002.json', (path: string) => truncateSync(path, 10)],
    ['000002.json', (path: string) => writeFileSync(path, '[]')],
    ['000002.letters', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('32', '33'))],
    ['000002.outcomes', (path: string) => truncateSync(path, 1)]
  ] as const) {
    const { folder, file } = withTwoJobs(t)
    damage(file(name))
    const faults = checkReplays(folder).filter(({ level }) => level === 'damage')
    assert.equal(faults.length, 1, name)
    assert.equal(faults[0]?.facts?.['file'], file(name))
    assert.match(faults[0]?.advice ?? '', /^The next start replays nothing of it/)
  }
})
