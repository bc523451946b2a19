// A processor whose service goes down and comes back: its lines wait meanwhile, and whoever looks is told so.

import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import type { Health } from '../../src/contract/health.ts'
import { getText, statsWhen } from './support/answers.ts'
import { makeFolder, start } from './support/cli.ts'

const LINES = 5_000

test('a circuit breaker opens, is seen at /health and on stderr, and closes by itself', async t => {
  const folder = makeFolder(t, {
    'in.log': Array.from({ length: LINES }, (_, index) => `line ${index + 1}\n`).join(''),
    down: '',
    'steps.js': `
import { existsSync } from 'node:fs'
const isDown = () => existsSync('down')
export const serve = line => {
  if (Number(line.slice(5)) > 2000 && isDown()) throw new Error('the service is down')
  return line
}
`,
    'pipeline.yaml': `
source: { file: { path: in.log } }
processors:
  serve: { use: ./steps.js#serve, to: end, circuit_breaker: { errors: 5, of: 10, probe_every: 300ms } }
sinks:
  end: { file: { path: out.log } }
`
  })
  const run = start(t, ['run', 'pipeline.yaml', '--port', '0', '--exit'], { cwd: folder })
  const url = await run.url()
  await run.says(
    /^waiting: the circuit breaker of "serve" is open: 5 of its last 10 lines failed, the newest with: the service is down\. One line is tried every 0\.3 s/m
  )
  const { ledger } = await statsWhen(url, 'a line that was tried', stats => stats.ledger.in_flight > 0)
  assert.equal(ledger.unaccounted, 0)
  const health = JSON.parse(await getText(url, '/health')) as Health
  assert.equal(health.status, 'degraded')
  assert.match(health.problems.join(), /circuit breaker of "serve" is open/)

  rmSync(join(folder, 'down'))
  const { code, stderr } = await run.end()

  assert.equal(code, 0, stderr)
  assert.match(stderr, /^goes on after [\d.]+ s: the processor "serve" works again$/m)
  const dead = Number(/5,000 entered = [\d,]+ delivered \+ (\d+) dead\n0 lines unaccounted/.exec(stderr)?.[1])
  assert.ok(dead >= 5 && dead < 50, stderr)
  const lines = readFileSync(join(folder, 'out.log'), 'utf8').split('\n')
  assert.equal(lines.length - 1, LINES - dead)
})
