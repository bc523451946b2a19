// Of 500 random pipelines with one slow step each, the sentence about the bottleneck names it in at least 95 of 100;
// without the slow step it does not.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { randomPipeline, sentenceOf } from './support/random-pipelines.ts'

const PIPELINES = 500
const CONTROL_EVERY = 5

test('the slow step of 500 random pipelines is named within 10 s in at least 95 %', async t => {
  let named = 0
  let controls = 0
  let byChance = 0
  for (let seed = 0; seed < PIPELINES; seed++) {
    const pipeline = randomPipeline(seed)
    const slow = `step${pipeline.slow}`
    const found = await sentenceOf(pipeline, true, 3_000)
    if (found?.node === slow) named++
    else t.diagnostic(`seed ${seed}: ${slow} is slow; ${found?.sentence}`)
    if (seed % CONTROL_EVERY !== 0) continue
    controls++
    if ((await sentenceOf(pipeline, false, 3_000))?.node === slow) byChance++
  }
  t.diagnostic(`${named} of ${PIPELINES} were named; without the slow step ${byChance} of ${controls}`)
  assert.ok(named >= PIPELINES * 0.95, `${named} of ${PIPELINES}`)
  assert.ok(byChance <= controls * 0.25, `${byChance} of ${controls} by chance`)
})
