import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { ReplayRequestSchema } from '../contract/replay.ts'
import { LANE } from '../shared-memory/index.ts'
import { letters } from '../state/dead-letter-log/log-fixtures.ts'
import { readDeadLetters } from '../state/dead-letter-log/reader.ts'
import { DeadLetterLog } from '../state/dead-letter-log/writer.ts'
import { ReplayJobs } from '../state/replay/jobs.ts'
import { simplePlan } from '../testing/simple-plan.ts'
import type { LaneRequest } from './messages.ts'
import { catchUpOnReplays } from './replay-books.ts'
import { Replays } from './replays.ts'
import { createReveal } from './reveal.ts'

const PLAN = simplePlan({ start: { use: line => line, to: 'error' }, error: { use: line => line, to: 'end' } })
const ALL = ReplayRequestSchema.parse({ select: { all: true } })

function folderWith(t: TestContext, count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-replays-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const log = new DeadLetterLog(folder)
  log.append(letters(count))
  log.close()
  return folder
}

function replaysIn(stateFolder: string, told: LaneRequest[] = []): Replays {
  const replays = new Replays({
    plan: PLAN,
    stateFolder,
    reveal: createReveal(),
    log: () => undefined,
    open: catchUpOnReplays(stateFolder, undefined, () => undefined)
  })
  replays.laneBegan(request => told.push(request))
  return replays
}

/** What a commit tells when so many letters are settled. */
function committed(job: number, position: number): Float64Array {
  const values = new Float64Array(200)
  values[LANE.replay_job] = job
  values[LANE.replay_position] = position
  return values
}

function countOf(stateFolder: string): number {
  return [...readDeadLetters(stateFolder)].filter(entry => entry.kind === 'letter').length
}

test('a run that is stopping begins and changes no replay, and says so with 409 [J9]', async t => {
  const replays = replaysIn(folderWith(t, 3))
  replays.stopping()
  for (const question of [
    { ask: 'start', request: ALL },
    { ask: 'pause', replay: 1 },
    { ask: 'cancel', replay: 1 },
    { ask: 'resume', replay: 1, linesPerSecond: undefined }
  ] as const) {
    const { status, body } = await replays.answer(question)
    assert.equal(status, 409, question.ask)
    assert.match(JSON.stringify(body), /is stopping/)
  }
  assert.equal((await replays.answer({ ask: 'list' })).status, 200)
  replays.close()
})

test('two that ask at the same moment get one replay', async t => {
  const folder = folderWith(t, 300)
  const told: LaneRequest[] = []
  const replays = replaysIn(folder, told)
  const answers = await Promise.all([1, 2, 3].map(() => replays.answer({ ask: 'start', request: ALL })))
  assert.deepEqual(
    answers.map(({ status }) => status).sort((a, b) => a - b),
    [201, 409, 409]
  )
  assert.equal(told.length, 1)
  assert.equal(new ReplayJobs(folder).list().length, 1)
  replays.close()
})

test('a letter counts no more only after the commit that says what came of it, also when the process dies in between', async t => {
  const folder = folderWith(t, 10)
  const replays = replaysIn(folder)
  await replays.answer({ ask: 'start', request: ALL })
  const jobs = new ReplayJobs(folder)
  // What the lane has written for six, of which five are committed.
  writeFileSync(jobs.outcomesFile(1), 'ddxfPd....')
  assert.equal(countOf(folder), 10)
  replays.committed(committed(1, 5))
  replays.close()
  // One of the five was refused and stays.
  assert.equal(countOf(folder), 6)
  // The next process finds the same, and does not do it twice.
  const open = catchUpOnReplays(folder, undefined, () => undefined)
  assert.equal(open?.position, 5)
  assert.equal(countOf(folder), 6)
})

test('what was committed and not discarded when the process died is discarded at the next start', async t => {
  const folder = folderWith(t, 4)
  const replays = replaysIn(folder)
  await replays.answer({ ask: 'start', request: ALL })
  const jobs = new ReplayJobs(folder)
  writeFileSync(jobs.outcomesFile(1), 'dx..')
  const checkpoint = {
    atMilliseconds: 0,
    configHash: '',
    isComplete: false,
    lanes: [
      {
        epoch: 1,
        snapshotSequence: 1,
        counters: [{ of: 'lane' as const, name: '', values: { replay_job: 1, replay_position: 2 } }]
      }
    ],
    inputs: [],
    sinks: [],
    deadLetters: { segment: 1, length: 0 },
    processors: []
  }
  assert.equal(countOf(folder), 4)
  assert.equal(catchUpOnReplays(folder, checkpoint, () => undefined)?.position, 2)
  assert.equal(countOf(folder), 2)
})

test('a replay whose letters were changed is not begun with others in their place', async t => {
  const folder = folderWith(t, 3)
  const replays = replaysIn(folder)
  await replays.answer({ ask: 'start', request: ALL })
  replays.close()
  const jobs = new ReplayJobs(folder)
  const file = jobs.outcomesFile(1).replace('outcomes', 'letters')
  writeFileSync(file, readFileSync(file, 'utf8').replace('0:0', '0:9'))
  assert.throws(() => jobs.selection(jobs.read(1)), /is damaged/)
})
