// While a processor has its thread to itself, the dashboard goes on answering, and says who it is and since when.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { assertBalanced, getErrors, getStats, getText, getTrace, reportOf, statsWhen } from './support/answers.ts'
import { startBlocking } from './support/busy-run.ts'

test('a processor that blocks its thread is named while it does, with the moment since when', async t => {
  const { cli, url } = await startBlocking(t, 2)
  await statsWhen(url, 'the line before', ({ total_lines_processed: lines }) => lines === 1)

  const sentAt = Date.now()
  cli.write('block\nafter\n')
  const busy = await statsWhen(url, 'a busy processor', ({ processors }) => processors[0]?.busy_since !== null)
  const [processor] = busy.processors
  const [lane] = busy.lanes
  const since = Date.parse(processor?.busy_since ?? '')
  assert.equal(processor?.name, 'step')
  assert.ok(since >= sentAt - 100 && since <= Date.now(), `${since - sentAt} ms after the line was sent`)
  assert.deepEqual([lane?.busy_processor, lane?.busy_since], ['step', processor?.busy_since])

  // It stays the same call, longer each time; the other answers come too.
  await sleep(300)
  const later = await getStats(url)
  assert.equal(Date.parse(later.processors[0]?.busy_since ?? ''), since)
  assert.ok((later.processors[0]?.busy_seconds ?? 0) > (processor?.busy_seconds ?? 0))
  assert.equal((await getTrace(url)).recent_traces.length, 1)
  assert.deepEqual((await getErrors(url)).recent_errors, [])
  assert.match(await getText(url, '/health'), /"step"/)
  assertBalanced(later.ledger)

  const after = await statsWhen(url, 'the end of the call', ({ total_lines_processed: lines }) => lines === 3)
  assert.equal(after.processors[0]?.busy_since, null)
  cli.process.stdin?.end()
  cli.process.kill('SIGTERM')
  assert.equal(reportOf(await cli.end()).ledger.delivered, 3)
})
