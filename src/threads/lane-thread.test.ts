// A lane in a thread of its own, through the library: started, stopped, and ended by the code that runs in it.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { type RunHandle, type RunOptions, run } from './library.ts'
import { ThreadIntruder, until } from './thread-fixtures.ts'

const MODULE = `
export const pass = line => line
export const exit = line => (line === '7' ? process.exit(5) : line)
export const exitLater = line => { setTimeout(() => process.exit(6), 1); return new Promise(() => undefined) }
export const never = () => new Promise(() => undefined)
export const slow = line => new Promise(resolve => setTimeout(resolve, 100, line))
export const letGo = line => { void Promise.reject(new Error('let go of ' + line)); return line }
export const throwsLater = line => { setImmediate(() => { throw new Error('later') }); return new Promise(resolve => setTimeout(resolve, 20, line)) }
`

interface Started {
  readonly handle: RunHandle
  readonly log: string[]
  readonly output: () => string
}

/** Lines 1 to 20 through one processor in a lane's thread. */
function start(t: TestContext, processor: string, options: RunOptions = {}): Started {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-lane-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'in.txt'), Array.from({ length: 20 }, (_, index) => `${index + 1}\n`).join(''))
  writeFileSync(join(folder, 'processors.js'), MODULE)
  writeFileSync(
    join(folder, 'pipeline.yaml'),
    `source: { file: { path: in.txt } }
processors: { start: { use: ./processors.js#${processor}, to: end, timeout: 60s } }
sinks: { end: { file: { path: out.txt } } }
`
  )
  const log: string[] = []
  const handle = run(join(folder, 'pipeline.yaml'), { onLog: message => log.push(message), ...options })
  t.after(() => handle.stop())
  return { handle, log, output: () => readFileSync(join(folder, 'out.txt'), 'utf8') }
}

describe("a lane's thread", () => {
  test('runs to the end of its input', async t => {
    const { handle, log, output } = start(t, 'pass')

    const { reason, stats } = await handle.done

    assert.equal(reason, 'end')
    assert.equal(stats.ledger.delivered, 20)
    assert.equal(output().split('\n').length, 21)
    assert.deepEqual(log, [])
  })

  test('that is stopped settles what it has read', async t => {
    const { handle, output } = start(t, 'slow')
    await handle.ready
    await until('a line under way', () => handle.stats()?.ledger.in_flight || undefined)

    await handle.stop()
    const { reason, stats } = await handle.done

    assert.equal(reason, 'stopped')
    assert.equal(stats.ledger.in_flight, 0)
    assert.equal(stats.ledger.unaccounted, 0)
    assert.equal(output().split('\n').length - 1, stats.ledger.delivered)
  })

  test('that a processor ends with process.exit fails the run, and says in which processor [A30]', async t => {
    const { handle } = start(t, 'exit')

    await assert.rejects(handle.done, {
      message:
        'the lane\'s thread ended by itself (exit 5) inside "start": a processor must not call process.exit. Lines that were under way are not settled.'
    })
    assert.equal(handle.stats()?.ledger.unaccounted, 0)
  })

  test('that is ended outside any call fails the run too', async t => {
    const { handle } = start(t, 'exitLater')

    await assert.rejects(handle.done, /^Error: the lane's thread ended by itself \(exit 6\): a processor must not/)
  })

  test('goes on when a processor lets go of a rejected promise or throws in a timer, and says so [E10]', async t => {
    for (const [processor, said] of [
      ['letGo', /^a promise was rejected and nobody handled it: Error: let go of 1\n/],
      ['throwsLater', /^an error outside any call: Error: later\n/]
    ] as const) {
      const { handle, log } = start(t, processor)

      const { stats } = await handle.done

      assert.equal(stats.ledger.delivered, 20)
      assert.equal(stats.total_errors, 0)
      assert.match(log[0] ?? '', said)
      assert.equal(log.at(-1), 'errors outside any call: 15 more like these')
    }
  })

  test('is ready while its last lines are under way; when it dies, the dashboard goes with the run', async t => {
    const { handle } = start(t, 'never', { port: 0 })
    const intruder = new ThreadIntruder(t)
    await handle.ready
    const { url } = handle
    await until('the run to be ready', async () => (await fetch(`${url}/readyz`)).status === 200 || undefined)

    await until('the end of the input', () => handle.stats()?.ledger.in_flight === 20 || undefined)
    assert.equal((await fetch(`${url}/readyz`)).status, 200)

    await intruder.run('lane.ts', 'process.exit(4)')

    await assert.rejects(handle.done, /ended by itself \(exit 4\)/)
    await assert.rejects(fetch(`${url}/readyz`))
  })
})
