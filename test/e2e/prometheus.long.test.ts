// A real Prometheus that scrapes /metrics of a run whose lanes die: it takes every answer, finds the target up all the
// time, and sees no count restart. A minute in the long tests, some seconds in the others.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Cli, cleanEnvironment, makeFolder, start, until } from './support/cli.ts'
import { KILLED_PIPELINES } from './support/kill-pipelines.ts'
import { prepare, randomOf } from './support/kill-runs.ts'
import { laneKills, seedOf } from './support/lane-kills.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const SECONDS = IS_LONG ? 60 : 8
const LINES = IS_LONG ? 100_000 : 10_000
const SPIN_MICROSECONDS = 500
const SKIP = process.platform !== 'linux' && 'Prometheus is installed on Linux only'

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

interface SeriesInTime {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [number, string])[]
}

function hasFallen(values: SeriesInTime['values']): boolean {
  return values.some(([, value], index) => index > 0 && Number(value) < Number(values[index - 1][1]))
}

interface Target {
  readonly health: string
  readonly lastError: string
}

/** One that was free a moment ago: Prometheus picks none by itself. */
async function openPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

class Prometheus {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async ask<Data>(path: string): Promise<Data> {
    const answer = (await (await fetch(`${this.#url}/api/v1/${path}`)).json()) as { status: string; data: Data }
    assert.equal(answer.status, 'success', JSON.stringify(answer))
    return answer.data
  }

  async query(query: string): Promise<readonly Series[]> {
    return (await this.ask<{ result: readonly Series[] }>(`query?query=${encodeURIComponent(query)}`)).result
  }

  async number(query: string): Promise<number> {
    const [series] = await this.query(query)
    assert.ok(series !== undefined, `${query} is empty`)
    return Number(series.value[1])
  }
}

async function startPrometheus(t: TestContext, targetUrl: string): Promise<Prometheus> {
  const folder = makeFolder(t)
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `
global: { scrape_interval: 2s, scrape_timeout: 2s }
scrape_configs:
  - job_name: linescope
    static_configs: [{ targets: ['${new URL(targetUrl).host}'] }]
`
  )
  const port = await openPort()
  const options = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--enable-feature=exemplar-storage',
    '--log.level=warn'
  ]
  const cli = new Cli('prometheus', options, { stdio: ['ignore', 'ignore', 'pipe'], env: cleanEnvironment() })
  t.after(async () => {
    cli.process.kill('SIGKILL')
    await cli.ended.catch(() => undefined)
  })
  const url = `http://127.0.0.1:${port}`
  await until('Prometheus to be ready', async () => {
    if (cli.process.exitCode !== null) throw new Error(cli.stderr)
    return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok === true
  })
  return new Prometheus(url)
}

test(`Prometheus scrapes a run whose lanes die for ${SECONDS} s: no error, always up, no count that falls`, {
  skip: SKIP
}, async t => {
  const killed = KILLED_PIPELINES.find(({ name }) => name.includes('state'))!
  const folder = prepare(t, killed, { lineCount: LINES, spinMicroseconds: SPIN_MICROSECONDS, random: randomOf(1) })
  const killer = laneKills(t, { seed: seedOf(t, 0), kills: IS_LONG ? 15 : 2, workingMilliseconds: 2_000 })
  const run = start(t, ['run', 'pipeline.yaml', '--port', '0', '--quiet', '--trace'], { cwd: folder, env: killer.env })
  const [, url] = await run.says(/^(http:\S+)$/m)
  const prometheus = await startPrometheus(t, url)

  const window = `[${SECONDS + 60}s]`
  await until('the first scrape', async () => (await prometheus.query('up')).length > 0)
  await sleep(SECONDS * 1000)

  const { activeTargets } = await prometheus.ask<{ activeTargets: readonly Target[] }>('targets')
  assert.deepEqual(
    activeTargets.map(({ health, lastError }) => ({ health, lastError })),
    [{ health: 'up', lastError: '' }]
  )
  assert.equal(await prometheus.number(`min_over_time(up${window})`), 1)
  const scrapes = await prometheus.number(`count_over_time(up${window})`)
  assert.ok(scrapes >= SECONDS / 2 - 1, `${scrapes} scrapes`)
  const counts = '{__name__=~"linescope_.*_(total|count|sum|bucket)"}'
  const { result } = await prometheus.ask<{ result: readonly SeriesInTime[] }>(
    `query?query=${encodeURIComponent(counts + window)}`
  )
  assert.ok(result.length > 50, `${result.length} series`)
  assert.deepEqual(
    result.filter(({ values }) => hasFallen(values)).map(({ metric }) => metric),
    []
  )
  // Else nothing would have fallen in any case.
  assert.ok(killer.count() > 0)
  assert.ok((await prometheus.number('linescope_lane_restarts_total')) > 0)
  assert.ok((await prometheus.number('linescope_entered_lines_total')) > 0)
  const exemplars = await prometheus.ask<readonly unknown[]>(
    `query_exemplars?query=linescope_end_to_end_seconds_bucket&start=${Date.now() / 1000 - 3600}&end=${Date.now() / 1000}`
  )
  assert.ok(exemplars.length > 0, 'no exemplar was taken')
  t.diagnostic(`${scrapes} scrapes, ${killer.count()} kills`)
})
