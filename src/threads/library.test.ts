import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'

import { run } from './library.ts'
import { until } from './thread-fixtures.ts'

const upper = { processors: { shout: { use: (line: string) => line.toUpperCase(), to: 'end' } } }

/** Lines that never end, and what the caller sees of them. */
async function* endless(): AsyncGenerator<string> {
  for (let line = 1; ; line++) {
    yield `line ${line}`
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

describe('a run inside a program', () => {
  test('takes lines from the caller and gives them back, in order', async () => {
    const got: [unknown, string][] = []

    const { reason, stats } = await run(upper, {
      input: ['a', 'b', Buffer.from('c\nd')],
      output: (value, tag) => void got.push([value, tag])
    }).done

    assert.equal(reason, 'end')
    assert.deepEqual(got, [
      ['A', 'end'],
      ['B', 'end'],
      ['C', 'end'],
      ['D', 'end']
    ])
    assert.equal(stats.ledger.delivered, 4)
    assert.equal(stats.ledger.unaccounted, 0)
  })

  test('is one of two that know nothing of each other', async () => {
    const start = (name: string) => {
      const got: unknown[] = []
      const fails = (line: string): string => {
        if (line === `${name} 2`) throw new Error(`${name} failed`)
        return line
      }
      const pipeline = { processors: { [name]: { use: fails, to: 'end' } } }
      const input = Array.from({ length: 3 }, (_, index) => `${name} ${index + 1}`)
      const handle = run(pipeline, {
        input: slowly(input),
        output: value => void got.push(value),
        port: 0,
        trace: true
      })
      return { handle, got, name }
    }
    const runs = [start('first'), start('second')]
    await Promise.all(runs.map(({ handle }) => handle.ready))

    assert.notEqual(runs[0]?.handle.url, runs[1]?.handle.url)
    for (const { handle, name } of runs) {
      const stats = await answer(`${handle.url}/stats`)
      assert.deepEqual(Object.keys(stats['lines_processed_by_each_processor'] as object), [name, 'end'])
    }
    const results = await Promise.all(runs.map(({ handle }) => handle.done))

    for (const [index, { got, name }] of runs.entries()) {
      assert.deepEqual(got, [`${name} 1`, `${name} 3`])
      assert.equal(results[index]?.stats.ledger.entered, 3)
      assert.equal(results[index]?.stats.ledger.dead, 1)
    }
  })

  test('shows journeys and errors with their place while it goes on', async t => {
    const fails = (line: string): string => {
      if (line === 'line 3') throw new TypeError('no threes')
      return line
    }
    const handle = run(
      { processors: { picky: { use: fails, to: 'end' } } },
      { input: endless(), output: () => {}, port: 0, trace: true }
    )
    t.after(() => handle.stop())
    await handle.ready
    const { url } = handle

    const errors = await eventually(`${url}/errors`, answer => (answer['errors'] as unknown[]).length === 1)
    const traces = await eventually(`${url}/trace`, answer => (answer['traces'] as unknown[]).length >= 3)

    const [error] = errors['errors'] as Record<string, unknown>[]
    assert.deepEqual(
      [
        error?.['processor'],
        error?.['name'],
        error?.['message'],
        error?.['line'],
        error?.['file'],
        error?.['line_number']
      ],
      ['picky', 'TypeError', 'no threes', 'line 3', 'input', 3]
    )
    const third = (traces['traces'] as Record<string, unknown>[]).find(trace => trace['id'] === error?.['trace_id'])
    assert.deepEqual([third?.['outcome'], third?.['file'], third?.['line_number']], ['dead', 'input', 3])
  })

  test('stops when it is told to, also before it has started, and closes its dashboard', async () => {
    const early = run(upper, { input: endless(), output: () => {} })
    await early.stop()
    assert.equal((await early.done).reason, 'stopped')

    const handle = run(upper, { input: endless(), output: () => {}, port: 0 })
    await handle.ready
    const { url } = handle
    assert.equal((await fetch(`${url}/livez`)).status, 200)
    await Promise.all([handle.stop(), handle.stop()])

    await assert.rejects(fetch(`${url}/livez`))
    assert.equal(handle.stats()?.ledger.unaccounted, 0)
  })

  test('fails with words for the user, in both promises, when the port is taken', async t => {
    const other = createServer().listen(0, '127.0.0.1')
    t.after(() => other.close())
    await new Promise(resolve => other.once('listening', resolve))
    const { port } = other.address() as { port: number }

    const handle = run(upper, { input: ['a'], output: () => {}, port })

    const expected = { name: 'UserError', message: `port ${port} is in use; choose another with --port` }
    await assert.rejects(handle.ready, expected)
    await assert.rejects(handle.done, expected)
    assert.equal(handle.url, undefined)
  })

  test('rejects when a processor stops the run, with the place of the line', async () => {
    const got: unknown[] = []
    const fails = (line: string): string => {
      if (line === 'c') throw new Error('not this one')
      return line
    }
    const pipeline = { processors: { strict: { use: fails, to: 'end', on_error: 'stop' as const } } }

    const handle = run(pipeline, { input: ['a', 'b', 'c', 'd'], output: value => void got.push(value) })

    await assert.rejects(handle.done, /input:3.*not this one|not this one.*input:3/)
    assert.deepEqual(got, ['a', 'b'])
  })

  test('needs a token where others could reach it', async () => {
    const handle = run(upper, { input: ['a'], output: () => {}, port: 0, host: '0.0.0.0' })

    await assert.rejects(handle.done, { name: 'UserError', message: /there is no token/ })
  })

  test('installs no handlers, leaves rejections to the program and lets it end', async () => {
    const library = new URL('./library.ts', import.meta.url).href
    const program = `
      import { run } from ${JSON.stringify(library)}
      const counts = () => ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit', 'uncaughtException'].map(name => process.listenerCount(name))
      const before = counts()
      const rejections = []
      process.on('unhandledRejection', reason => rejections.push(reason.message))
      const letGo = line => { void Promise.reject(new Error('let go of ' + line)); return line }
      const options = { input: ['a', 'b'], output: () => {}, port: 0 }
      const handle = run({ processors: { loose: { use: letGo, to: 'end' } } }, options)
      const { stats } = await handle.done
      await new Promise(resolve => setTimeout(resolve, 1))
      console.log(JSON.stringify({ before, after: counts(), rejections, delivered: stats.ledger.delivered }))
    `

    // That it ends by itself is the point: nothing of the run keeps the program alive.
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      timeout: 60_000,
      env: { ...process.env, NODE_TEST_CONTEXT: undefined }
    })

    const { before, after, rejections, delivered } = JSON.parse(stdout)
    assert.deepEqual(after, before)
    assert.deepEqual(rejections, ['let go of a', 'let go of b'])
    assert.equal(delivered, 2)
    assert.equal(stderr, '')
  })
})

async function* slowly(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) {
    await new Promise(resolve => setTimeout(resolve, 300))
    yield line
  }
}

async function answer(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>
}

async function eventually(
  url: string,
  holds: (answer: Record<string, unknown>) => boolean
): Promise<Record<string, unknown>> {
  return await until(url, async () => {
    const got = await answer(url)
    return holds(got) ? got : undefined
  })
}
