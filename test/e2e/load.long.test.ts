// The dashboard under load while the demo runs: how long answers take.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'

import { reportOf, statsWhen } from './support/answers.ts'
import type { Asked } from './support/ask-stats.ts'
import { makeFolder, start } from './support/cli.ts'

const CLIENT = join(import.meta.dirname, 'support', 'ask-stats.ts')
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

  const { stdout } = await promisify(execFile)(process.execPath, [CLIENT, url, '10'], { maxBuffer: 2 ** 26 })

  const { milliseconds }: Asked = JSON.parse(stdout)
  const sorted = milliseconds.toSorted((left, right) => left - right)
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  const [p50, p99, max] = [at(0.5), at(0.99), at(1)].map(value => value.toFixed(2))
  t.diagnostic(`${sorted.length} answers: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`)
  assert.equal(sorted.length, 1000)
  cli.process.kill('SIGTERM')
  assert.equal(reportOf(await cli.end()).ledger.unaccounted, 0)
  return at(0.99)
}
