import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, type TestContext, test } from 'node:test'

import { delivered, describePipeline, regionFor } from '../observer/observe-recording-fixtures.ts'
import { RecordingLane } from '../observer/recording-lane-fixtures.ts'
import { DashboardThread } from './dashboard-thread.ts'
import { ThreadIntruder, until } from './thread-fixtures.ts'

const PIPELINE = describePipeline(['general'], ['end'])
const CRASH = 'setTimeout(() => { throw new Error("crashed on purpose") })'

async function startDashboard(t: TestContext) {
  const region = regionFor(PIPELINE, true)
  const lane = new RecordingLane(region)
  lane.record([delivered('a line', [0, 1])])
  lane.publish('running')
  const log: string[] = []
  const dashboard = await DashboardThread.start(
    {
      pipeline: PIPELINE,
      regions: [region],
      host: '127.0.0.1',
      port: 0,
      token: 'token',
      allowHosts: [],
      secrets: [],
      version: '1.2.3'
    },
    message => log.push(message)
  )
  t.after(() => dashboard.stop())
  return { dashboard, region, lane, log, intruder: new ThreadIntruder(t) }
}

async function said(log: readonly string[], pattern: RegExp): Promise<void> {
  await until(`${pattern}`, () => log.some(message => pattern.test(message)) || undefined)
}

/** Asks until there is an answer: a thread that is started again takes its time. */
async function answer(url: string): Promise<Record<string, unknown>> {
  const response = await until(url, () => fetch(url).catch(() => undefined))
  return (await response.json()) as Record<string, unknown>
}

describe('a dashboard that crashes', () => {
  test('is started again at the same address, knows what it had been told, and says so [E5]', async t => {
    const { dashboard, log, intruder } = await startDashboard(t)
    dashboard.status({ warnings: ['careful'] })
    dashboard.status({ state: 'stopping', stopReason: 'Ctrl-C' })
    const { url } = dashboard

    await intruder.run('dashboard.ts', CRASH)
    await said(log, /is started again/)
    const health = await answer(`${url}/health`)

    assert.equal(dashboard.url, url)
    assert.deepEqual([health['state'], health['stop_reason'], health['warnings']], ['stopping', 'Ctrl-C', ['careful']])
    assert.deepEqual(log, ['dashboard: crashed on purpose', 'dashboard: ended by itself and is started again'])
    assert.equal((await answer(`${url}/stats`))['total_lines_processed'], 1)
  })

  test('goes on showing what lanes record, though it died with pages in its hands [E5]', async t => {
    const { dashboard, lane, log, intruder } = await startDashboard(t)
    const failing = (message: string) => ({
      text: message,
      leaves: [{ nodes: [0], outcome: 'dead' as const }],
      errors: [{ node: 0, message }]
    })
    // Stops inside a read: from then on it holds what it reads and gives nothing back.
    await intruder.run(
      'dashboard.ts',
      `{ const original = Atomics.compareExchange
         Atomics.compareExchange = (...all) => { const got = original(...all); if (all[3] === 3 && got === 2) throw new Error('crashed while reading'); return got } }`
    )
    lane.record([failing('held by the dead')])
    lane.publish('running')

    await said(log, /crashed while reading/)
    await said(log, /is started again/)

    await until('the error', async () => {
      const { recent_errors: messages } = await answer(`${dashboard.url}/errors`)
      return (messages as string[]).includes('held by the dead') || undefined
    })
  })

  test('stays off after five new starts within a minute, failed ones too; the run goes on and ends [E5]', async t => {
    const { dashboard, log, intruder } = await startDashboard(t)
    const port = Number(new URL(dashboard.url).port)
    await intruder.run('dashboard.ts', CRASH)
    await said(log, /is started again/)
    await answer(`${dashboard.url}/livez`)
    // From now on another wants the port, and tries faster.
    const other = createServer().on('error', () => {})
    t.after(() => other.close())
    const grab = setInterval(() => other.listening || other.listen(port, '127.0.0.1'), 1)
    t.after(() => clearInterval(grab))

    await intruder.run('dashboard.ts', CRASH)

    await said(log, /stays off, the run goes on/)
    assert.equal(log.filter(message => message.includes('is started again')).length, 5)
    assert.equal(log.filter(message => message.includes(`port ${port} is in use`)).length, 4)
    dashboard.status({ state: 'finished', exitCode: 0 })
    await dashboard.stop()
  })

  test('does not come back after it was stopped, and stopping twice is no fault', async t => {
    const { dashboard, log } = await startDashboard(t)
    await Promise.all([dashboard.stop(), dashboard.stop()])
    await dashboard.stop()

    await assert.rejects(fetch(`${dashboard.url}/livez`))
    assert.deepEqual(log, [])
  })
})
