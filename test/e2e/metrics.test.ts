// GET /metrics and GET /api/v1/graph of a real run: what Prometheus' own checker says of the text, and that counts never
// fall and always add up while lanes die and do lines again.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Graph } from '../../src/contract/graph.ts'
import { getStats, getText, statsWhen } from './support/answers.ts'
import { makeFolder, start } from './support/cli.ts'
import { KILLED_PIPELINES, type KilledPipeline } from './support/kill-pipelines.ts'
import { prepare, randomOf } from './support/kill-runs.ts'
import { laneKills, seedOf } from './support/lane-kills.ts'
import { assertBalancedGraph, falls, isCounter, readMetrics, type Samples } from './support/metrics.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
/** In the short run only what makes a lane go back farthest: state, by up to a second. */
const PIPELINES = IS_LONG ? KILLED_PIPELINES : KILLED_PIPELINES.filter(({ name }) => name.includes('state'))
const LINES = IS_LONG ? 100_000 : 4_000
const KILLS = IS_LONG ? 20 : 3
const SPIN_MICROSECONDS = IS_LONG ? 100 : 60
const WORKING_MILLISECONDS = IS_LONG ? 1_000 : 300
const FINAL_COUNTS =
  /^linescope_(?!journeys_|error_samples_|lane_|process_|processor_(?:seconds|state|error_kinds)_)[a-z_]+_total(\{|$)/

interface Watched {
  readonly metrics: Samples
  readonly asked: number
  readonly kills: number
}

async function watch(t: TestContext, killed: KilledPipeline, kills: number, seed: number): Promise<Watched> {
  const folder = prepare(t, killed, {
    lineCount: LINES,
    spinMicroseconds: SPIN_MICROSECONDS,
    random: randomOf(1)
  })
  const killer = laneKills(t, { seed, kills, workingMilliseconds: WORKING_MILLISECONDS })
  const args = ['run', 'pipeline.yaml', '--port', '0', '--quiet', '--trace']
  const cli = start(t, args, { cwd: folder, env: kills === 0 ? {} : killer.env })
  const [, url] = await cli.says(/^(http:\S+)$/m)
  let metrics = await readMetrics(url, 'text')
  let asked = 0
  for (let state = ''; state !== 'finished'; asked++) {
    state = (await getStats(url)).state
    assert.notEqual(state, 'failed', cli.stderr)
    const next = await readMetrics(url, asked % 2 === 0 ? 'text' : 'openmetrics')
    assert.deepEqual(falls(metrics, next), [])
    metrics = next
    assertBalancedGraph(JSON.parse(await getText(url, '/api/v1/graph')) as Graph)
    await sleep(20)
  }
  // What histograms hold is read again after a while only.
  return { metrics: await readMetrics(url, 'text'), asked, kills: killer.count() }
}

describe('/metrics', () => {
  for (const [index, killed] of PIPELINES.entries()) {
    test(`never falls while lanes die, and ends with what an undisturbed run counts: ${killed.name}`, async t => {
      const undisturbed = await watch(t, killed, 0, 0)
      const disturbed = await watch(t, killed, KILLS, seedOf(t, index))
      t.diagnostic(`asked ${disturbed.asked} times, ${disturbed.kills} kills`)

      assert.ok(disturbed.kills > 0 && disturbed.asked > 20)
      assert.ok(disturbed.metrics.get('linescope_lane_restarts_total')! > 0)
      const counts = ({ metrics }: Watched): Samples =>
        new Map([...metrics].filter(([name]) => FINAL_COUNTS.test(name)))
      assert.deepEqual(counts(disturbed), counts(undisturbed))
      assert.equal(counts(disturbed).get('linescope_entered_lines_total'), LINES)
      assert.equal(disturbed.metrics.get('linescope_unaccounted_lines{pipeline="pipeline"}'), 0)
    })
  }

  test('a count that falls, and one that is gone, would be found', () => {
    const before = new Map([
      ['a_total', 2],
      ['b_bucket{le="1.0"}', 2],
      ['c_lines', 2],
      ['d_total', 1]
    ])
    const after = new Map([
      ['a_total', 1],
      ['b_bucket{le="1.0"}', 1],
      ['c_lines', 1]
    ])
    assert.equal(falls(before, after).length, 3)
    assert.deepEqual(falls(after, before), [])
    assert.ok(isCounter('x_seconds_sum{a="b"}') && !isCounter('x_lines{a="x_total"}'))
  })

  test('is clean for promtool, whatever names there are', { skip: process.platform !== 'linux' }, async t => {
    const folder = makeFolder(t, {
      'in.log': 'one\ntwo\nthree\n',
      'steps.ts': `
export const step = (line: string) => { if (line === 'two') throw new Error('two') ; return line }
`,
      'pipeline.yaml': `
source: { file: { path: in.log } }
entry: 'a "quoted" name'
processors:
  'a "quoted" name': { use: ./steps.ts#step, to: 'back\\slash' }
  'back\\slash': { use: ./steps.ts#step, to: __proto__, on_error: { to: __proto__ } }
  __proto__: { uppercase: {}, to: 'ünï \\{le="1"\\} 漢 # EOF' }
sinks:
  'ünï \\{le="1"\\} 漢 # EOF': { file: { path: out.log } }
`
    })
    const cli = start(t, ['run', 'pipeline.yaml', '--port', '0', '--quiet', '--trace'], { cwd: folder })
    const [, url] = await cli.says(/^(http:\S+)$/m)
    await statsWhen(url, 'the end', ({ state }) => state === 'finished')

    const text = await getText(url, '/metrics')
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', ''])
    assert.match(text, /^linescope_processor_emitted_lines_total\{processor="back\\\\slash",tag="__proto__",\S+\} 2$/m)

    const broken = text.replace(
      '# TYPE linescope_entered_lines_total counter',
      '# TYPE linescope_entered_lines_total gauge'
    )
    const control = spawnSync('promtool', ['check', 'metrics'], { input: `${broken}x{y="\n`, encoding: 'utf8' })
    assert.notEqual(control.status, 0)
  })
})
