// kill -9 at any moment: what comes out in the end is byte for byte what an undisturbed run writes.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { KILLED_PIPELINES } from './support/kill-pipelines.ts'
import { randomOf, runThroughKills } from './support/kill-runs.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const KILLS = IS_LONG ? 200 : 20
const LINES = IS_LONG ? 2_100_000 : 20_000
const SPIN_MICROSECONDS = IS_LONG ? 4 : 20

describe('a run that is killed again and again ends with the output of one that is not', { concurrency: 2 }, () => {
  for (const [index, killed] of KILLED_PIPELINES.entries()) {
    test(`${killed.name} [E1]`, async t => {
      const seed = Number(process.env['LINESCOPE_SEED'] ?? Date.now() % 1_000_000) + index
      t.diagnostic(`LINESCOPE_SEED=${seed - index}`)
      const settings = { lineCount: LINES, spinMicroseconds: SPIN_MICROSECONDS, random: randomOf(seed) }
      const undisturbed = await runThroughKills(t, killed, { ...settings, kills: 0 })
      const disturbed = await runThroughKills(t, killed, { ...settings, kills: KILLS })
      t.diagnostic(`${disturbed.kills} kills`)
      assert.deepEqual(disturbed.files, undisturbed.files)
      assert.deepEqual(disturbed.letters, undisturbed.letters)
      assert.deepEqual(disturbed.ledger, undisturbed.ledger)
      assert.equal(disturbed.ledger.entered, LINES)
      assert.equal(disturbed.ledger.unaccounted, 0)
      assert.ok(disturbed.kills >= KILLS / 2, `only ${disturbed.kills} of ${KILLS} kills found it running`)
    })
  }
})
