// What a person sees when a processor takes its own thread down: which one it was, what became of the lines, exit 1.

import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'

import { type Ended, linescope, makeFolder } from './support/cli.ts'

const MODULE = `
export const leak = line => { const kept = []; for (;;) kept.push('x'.repeat(100) + kept.length) }
export const exit = line => process.exit(0)
export const letGo = line => { void Promise.reject(new Error('let go of ' + line)); return line }
`

async function runWith(t: TestContext, processor: string): Promise<Ended> {
  const folder = makeFolder(t, {
    'in.txt': 'a line\n'.repeat(1_000),
    'processors.js': MODULE,
    'pipeline.yaml': `
source: { file: { path: in.txt } }
processors: { greedy: { use: ./processors.js#${processor}, to: end } }
sinks: { end: { file: { path: out.txt } } }
`
  })
  // A small heap, so that it is full soon.
  const env = { NODE_OPTIONS: '--max-old-space-size=64' }
  return await linescope(t, ['run', 'pipeline.yaml', '--port', '0', '--exit'], { cwd: folder, env })
}

describe('a lane that dies', () => {
  test('out of memory ends the run with exit 1, the name of the processor and a ledger that balances [A31]', async t => {
    const { code, stderr } = await runWith(t, 'leak')

    assert.equal(code, 1, stderr)
    assert.match(stderr, /^linescope: the lane ran out of memory inside "greedy"\. Lines that were under way/m)
    assert.match(stderr, /\d+ entered = 0 delivered.*\n0 lines unaccounted/)
    assert.doesNotMatch(stderr, /^ +at /m)
  })

  test('by process.exit(0) is no success [A30]', async t => {
    const { code, stderr } = await runWith(t, 'exit')

    assert.equal(code, 1, stderr)
    assert.match(
      stderr,
      /^linescope: the lane's thread ended by itself \(exit 0\) inside "greedy": a processor must not/m
    )
  })

  test('is not what a rejection is that nobody handled: it is said a few times, then counted [E10]', async t => {
    const { code, stderr } = await runWith(t, 'letGo')

    assert.equal(code, 0, stderr)
    assert.equal(stderr.match(/a promise was rejected and nobody handled it/g)?.length, 5)
    assert.match(stderr, /^errors outside any call: 995 more like these$/m)
    assert.match(stderr, /1,000 entered = 1,000 delivered/)
  })
})
