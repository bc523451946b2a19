// A few random pipelines with one slow step each, of which the sentence about the bottleneck names it. Five hundred of
// them: bottleneck.long.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Processors } from '../../src/contract/processors.ts'
import { getText, statsWhen } from './support/answers.ts'
import { startBlocking } from './support/busy-run.ts'
import { randomPipeline, sentenceOf } from './support/random-pipelines.ts'

const PIPELINES = 2

test('a slow step of a random pipeline is named, and none is by chance', async t => {
  let named = 0
  let byChance = 0
  for (let seed = 1; seed <= PIPELINES; seed++) {
    const pipeline = randomPipeline(seed)
    const slow = `step${pipeline.slow}`
    const found = await sentenceOf(pipeline, true, 2_000)
    // Negative control: the same pipeline without the slow step.
    const control = await sentenceOf(pipeline, false, 800)
    t.diagnostic(`${slow}: ${found?.sentence} Without it: ${control?.sentence}`)
    if (found?.node === slow) named++
    if (control?.node === slow) byChance++
  }
  assert.ok(named >= PIPELINES - 1, `${named} of ${PIPELINES} were named`)
  assert.ok(byChance <= PIPELINES / 2, `${byChance} of ${PIPELINES} were named that are not slow`)
})

test('a run that blocks says where its time goes while it does', async t => {
  const { cli, url } = await startBlocking(t, 2)
  await statsWhen(url, 'the line before', ({ total_lines_processed: lines }) => lines === 1)
  cli.write('block\n')
  await statsWhen(url, 'a call of a second', ({ processors }) => (processors[0]?.busy_seconds ?? 0) > 1)

  const answer: Processors = JSON.parse(await getText(url, '/api/v1/processors'))

  const [step] = answer.nodes
  const run = step?.windows.at(-1)
  assert.equal(run?.window, 'run')
  assert.ok(run.busy * (answer.lanes.at(-1)?.lane_seconds ?? 0) > 0.9, `busy for ${run.busy} of the time`)
  assert.ok(Math.abs(run.busy + run.waiting + run.blocked + run.idle - 1) < 0.01)
  cli.process.stdin?.end()
  cli.process.kill('SIGTERM')
  await cli.end()
})
