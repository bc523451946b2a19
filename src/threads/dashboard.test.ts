import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { delivered, describePipeline, regionFor, startLane } from '../observer/observe-recording-fixtures.ts'
import type { DashboardData, FromDashboard, ToDashboard } from './dashboard.ts'

const PIPELINE = describePipeline(['general'], ['end'])

async function startThread(
  t: TestContext,
  data: Partial<DashboardData> = {}
): Promise<{ worker: Worker; first: FromDashboard }> {
  const region = regionFor(PIPELINE, true)
  await startLane(t, { region, lines: [delivered('my hunter2-token', [0, 1])], state: 'running' })
  const workerData: DashboardData = {
    pipeline: PIPELINE,
    regions: [region],
    host: '127.0.0.1',
    port: 0,
    token: 'token',
    allowHosts: [],
    secrets: ['hunter2-token'],
    version: '1.2.3',
    ...data
  }
  const worker = new Worker(new URL('./dashboard.ts', import.meta.url), { workerData })
  t.after(() => worker.terminate())
  const [first] = (await once(worker, 'message')) as [FromDashboard]
  return { worker, first }
}

const json = async (url: string): Promise<Record<string, unknown>> =>
  (await (await fetch(url)).json()) as Record<string, unknown>

describe('the dashboard thread', () => {
  test('says where it listens and answers there, secrets masked', async t => {
    const { first } = await startThread(t)

    assert.equal(first.type, 'listening')
    const { url, port } = first as { url: string; port: number }
    assert.equal(url, `http://localhost:${port}`)
    const stats = await json(`${url}/stats`)
    assert.equal(stats['total_lines_processed'], 1)
    assert.match(JSON.stringify(await json(`${url}/trace`)), /"my \*\*\*"/)
  })

  test('shows what only main knows', async t => {
    const { worker, first } = await startThread(t)
    const { url } = first as { url: string }
    const status = {
      state: 'stopping',
      stopReason: 'Ctrl-C',
      inputTotalBytes: 99,
      warnings: ['careful'],
      sources: ['renamed.log']
    } as const

    worker.postMessage({ type: 'status', status } satisfies ToDashboard)
    // Messages to the thread and requests take different ways.
    while ((await json(`${url}/stats`))['state'] !== 'stopping') await new Promise(resolve => setTimeout(resolve, 5))

    const stats = await json(`${url}/stats`)
    assert.deepEqual(stats['warnings'], ['careful'])
    assert.equal(stats['stop_reason'], 'Ctrl-C')
    assert.equal((stats['input'] as Record<string, unknown>)['total_bytes'], 99)
    const { traces } = (await json(`${url}/trace`)) as { traces: { file: string }[] }
    assert.equal(traces[0]?.file, 'renamed.log')
  })

  test('ends when it is told to, and closes its port', async t => {
    const { worker, first } = await startThread(t)
    const { url } = first as { url: string }

    const exited = once(worker, 'exit')
    worker.postMessage({ type: 'stop' } satisfies ToDashboard)

    assert.deepEqual(await exited, [0])
    await assert.rejects(fetch(`${url}/stats`))
  })

  test('fails with words for the user when the port is taken, and ends', async t => {
    const { first } = await startThread(t)
    const { port } = first as { port: number }

    const second = await startThread(t, { port })

    assert.deepEqual(second.first, {
      type: 'failed',
      message: `port ${port} is in use; choose another with --port`,
      isUserError: true
    })
    assert.deepEqual(await once(second.worker, 'exit'), [0])
  })

  test('fails with words for the user when others could reach it without a token', async t => {
    const { first } = await startThread(t, { host: '0.0.0.0', token: undefined })

    assert.equal(first.type, 'failed')
    assert.match((first as { message: string }).message, /there is no token\. Set LINESCOPE_TOKEN/)
  })
})
