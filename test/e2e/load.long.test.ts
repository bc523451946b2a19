// The dashboard under load while the demo runs: how long answers take.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { reportOf, statsWhen } from './support/answers.ts'
import { makeFolder, start } from './support/cli.ts'
import { askFor10Seconds } from './support/latency.ts'

const GOAL_MILLISECONDS = 20

test('/stats takes less than 20 ms (p99) at 100 questions a second while the demo runs', async t => {
  // What else the machine does makes it slower, never faster: the best of three counts.
  let best = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 3 && !(best < GOAL_MILLISECONDS); tries++) best = Math.min(best, await p99(t))
  assert.ok(best < GOAL_MILLISECONDS, `p99 ${best} ms`)
})

async function p99(t: TestContext): Promise<number> {
  const folder = makeFolder(t)
  const cli = start(t, ['run', '--trace', '--port', '0', '--json'], { cwd: folder })
  const url = await cli.url()
  await statsWhen(url, 'the first lines', ({ total_lines_processed: lines }) => lines > 10)

  const asked = await askFor10Seconds(t, '/stats', url)

  cli.process.kill('SIGTERM')
  assert.equal(reportOf(await cli.end()).ledger.unaccounted, 0)
  return asked.p99
}
