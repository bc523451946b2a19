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
export const exitLater = line => {
  if (line !== '7') return new Promise(resolve => setTimeout(resolve, 1, line))
  setTimeout(() => process.exit(6), 1)
  return new Promise(() => undefined)
}
export const hang = line => { while (line === '7'); return line }
export const never = () => new Promise(() => undefined)
export const slow = line => new Promise(resolve => setTimeout(resolve, 100, line))
// Long enough for the thread to be reached meanwhile, also on a busy machine.
export const slower = line => new Promise(resolve => setTimeout(resolve, 700, line))
export const letGo = line => { void Promise.reject(new Error('let go of ' + line)); return line }
export const throwsLater = line => { setImmediate(() => { throw new Error('later') }); return new Promise(resolve => setTimeout(resolve, 20, line)) }
`

const LINES = Array.from({ length: 20 }, (_, index) => `${index + 1}\n`).join('')

interface Started {
  readonly handle: RunHandle
  readonly log: string[]
  readonly output: () => string
}

/** Lines 1 to 20 through one processor in a lane's thread. */
function start(t: TestContext, processor: string, options: RunOptions = {}, timeout = '60s'): Started {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-lane-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'in.txt'), LINES)
  writeFileSync(join(folder, 'processors.js'), MODULE)
  writeFileSync(
    join(folder, 'pipeline.yaml'),
    `source: { file: { path: in.txt } }
processors: { start: { use: ./processors.js#${processor}, to: end, timeout: ${timeout} } }
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

  test('that a line ends again and again is followed by another one, which goes on without that line', async t => {
    for (const [processor, where] of [
      ['exit', ' inside "start", at line 7 of "in.txt"'],
      ['exitLater', '']
    ] as const) {
      const { handle, log, output } = start(t, processor)

      const { reason, stats } = await handle.done

      assert.equal(reason, 'end')
      assert.deepEqual([stats.ledger.delivered, stats.ledger.dead, stats.ledger.unaccounted], [19, 1, 0])
      assert.equal(output(), LINES.replace('7\n', ''))
      const code = processor === 'exit' ? 5 : 6
      const died = `the lane's thread ended by itself (exit ${code})${where}: a processor must not call process.exit.`
      const goesOn = `${died} It goes on from its last snapshot`
      const searches = `${goesOn}; what it was at runs line by line.`
      assert.deepEqual(log, [searches, searches, `${goesOn}; line 7 of "in.txt" is not tried again.`])
    }
  })

  test('that hangs is ended, and the line that it hung with is not tried again', async t => {
    const { handle, log, output } = start(t, 'hang', {}, '100ms')

    const { stats } = await handle.done

    assert.deepEqual([stats.ledger.delivered, stats.ledger.dead, stats.ledger.unaccounted], [19, 1, 0])
    assert.equal(output(), LINES.replace('7\n', ''))
    assert.deepEqual(log, [
      'the lane hung inside "start", at line 7 of "in.txt" for longer than its timeout (100 ms). It goes on from its last snapshot; line 7 of "in.txt" is not tried again.'
    ])
  })

  test('loses one instance of a line that was forked, not the others', async t => {
    const folder = mkdtempSync(join(tmpdir(), 'linescope-lane-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'in.txt'), Array.from({ length: 40 }, (_, line) => `${line} b${line} c\n`).join(''))
    writeFileSync(
      join(folder, 'processors.js'),
      `export const words = { name: 'words', summary: '', emits: ['word'], create: () => (line, emit) => {
  for (const word of line.split(' ')) emit('word', word)
} }
export const step = word => { while (word === 'b7'); if (word === 'b30') process.exit(1); return word }
`
    )
    writeFileSync(
      join(folder, 'pipeline.yaml'),
      `source: { file: { path: in.txt } }
processors:
  start: { use: ./processors.js#words, to: { word: step } }
  step: { use: ./processors.js#step, to: end, timeout: 1s }
sinks: { end: { file: { path: out.txt } } }
`
    )
    const handle = run(join(folder, 'pipeline.yaml'), {})

    const { stats } = await handle.done

    const { entered, forked, delivered, dead, unaccounted } = stats.ledger
    assert.deepEqual([entered, forked, delivered, dead, unaccounted], [40, 80, 118, 2, 0])
    const words = Array.from({ length: 40 }, (_, line) => [String(line), `b${line}`, 'c']).flat()
    const expected = words.filter(word => word !== 'b7' && word !== 'b30')
    assert.deepEqual(readFileSync(join(folder, 'out.txt'), 'utf8').split('\n').slice(0, -1), expected)
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

  test('is ready while its last lines are under way, and again after it was ended from outside', async t => {
    const { handle, output } = start(t, 'slower', { port: 0 })
    const intruder = new ThreadIntruder(t)
    await handle.ready
    const { url } = handle
    const isReady = async (): Promise<true | undefined> => (await fetch(`${url}/readyz`)).status === 200 || undefined
    await until('a line under way', () => handle.stats()?.ledger.in_flight || undefined)
    await until('the run to be ready', isReady)

    await intruder.run('lane.ts', 'process.exit(4)')

    await until('the run to be ready', isReady)
    const { stats } = await handle.done
    assert.deepEqual([stats.ledger.delivered, stats.ledger.unaccounted], [20, 0])
    assert.equal(output(), LINES)
    await assert.rejects(fetch(`${url}/readyz`))
  })
})
