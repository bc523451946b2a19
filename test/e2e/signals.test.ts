// How a run is stopped: within ten seconds, with everything that is settled written, and an exit code that says so.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { reportOf, statsWhen } from './support/answers.ts'
import { type Cli, makeFolder, start, until } from './support/cli.ts'
import { pipelineOf } from './support/pipelines.ts'

const MODULE = `
import { execFileSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'

const say = (name: string) => writeSync(2, 'in ' + name + '\\n')

export const slow = async (line: string) => {
  await sleep(100)
  return line
}
export function never(): Promise<string> {
  say('never')
  return new Promise(() => undefined)
}
export function busy(): string {
  say('busy')
  for (;;);
}
export function native(): string {
  say('native')
  execFileSync('sleep', ['20'])
  return ''
}
if (!isMainThread && process.env['SLOW_START']) {
  say('start')
  await sleep(1500)
}
`

interface Started {
  readonly cli: Cli
  readonly folder: string
  readonly written: () => string
}

function startWith(
  t: TestContext,
  processor: string,
  lineCount: number,
  options: { env?: NodeJS.ProcessEnv } = {}
): Started {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf(processor),
    'step.ts': MODULE,
    'in.log': Array.from({ length: lineCount }, (_, index) => `line ${index}\n`).join('')
  })
  const cli = start(t, ['run', 'pipeline.yaml', '--no-dashboard', '--json'], { cwd: folder, ...options })
  return { cli, folder, written: () => readFileSync(join(folder, 'out.log'), 'utf8') }
}

const hasOutput = ({ written }: Started): Promise<unknown> =>
  until('the first line in the output', () => {
    try {
      return written() !== ''
    } catch {
      return false
    }
  })

function assertPrefix(text: string, lineCount: number): void {
  const expected = Array.from({ length: lineCount }, (_, index) => `line ${index}\n`).join('')
  assert.equal(text, expected)
}

// They wait more than they work.
const TOGETHER = { concurrency: 5 }

const inside = ({ cli }: Started, name: string): Promise<unknown> => cli.says(new RegExp(`^in ${name}$`, 'm'))

describe('a run that is to stop', TOGETHER, () => {
  const signals = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143]
  ] as const
  const kinds = [
    ['one after the other', '{ use: ./step.ts#slow, to: end, concurrency: 1 }'],
    ['eight at once', '{ use: ./step.ts#slow, to: end }'],
    ['blocking its thread', '{ delay: { ms: 100, block: true }, to: end }']
  ] as const
  for (const [signal, code] of signals) {
    for (const [how, processor] of signal === 'SIGINT' ? kinds : kinds.slice(2)) {
      test(`0.1 s a line, ${how}: leaves on ${signal} with what is settled written [E8 E9]`, async t => {
        const started = startWith(t, processor, 5_000)
        await hasOutput(started)

        const sentAt = performance.now()
        started.cli.process.kill(signal)
        const ended = await started.cli.end()
        const seconds = (performance.now() - sentAt) / 1000

        t.diagnostic(`left after ${seconds.toFixed(2)} s`)
        assert.ok(seconds < 10, `${seconds} s`)
        assert.match(ended.stderr, new RegExp(`Stopping \\(${signal}\\)`))
        const { ledger } = reportOf(ended)
        assert.ok(ledger.delivered > 0 && ledger.delivered < 5_000, JSON.stringify(ledger))
        assertPrefix(started.written(), ledger.delivered)
        // What no call had begun for is given back to the file.
        assert.deepEqual([ledger.entered, ledger.in_flight], [ledger.delivered, 0])
        assert.equal(ended.code, code, ended.stderr)
      })
    }
  }

  test('calls that never end are given up in time, and it is said how many lines they hold; others are given back', async t => {
    const started = startWith(t, '{ use: ./step.ts#never, to: end, timeout: 10m }', 10)
    await inside(started, 'never')

    const sentAt = performance.now()
    started.cli.process.kill('SIGINT')
    const ended = await started.cli.end()

    t.diagnostic(`left after ${((performance.now() - sentAt) / 1000).toFixed(2)} s`)
    assert.equal(ended.code, 1)
    assert.match(
      ended.stderr,
      /^linescope: stopping took too long: 8 lines that had been read were given up, not settled$/m
    )
    assert.equal(reportOf(ended).ledger.in_flight, 8)
  })

  test('a second signal ends at once what the first waits for [E8]', async t => {
    const started = startWith(t, '{ use: ./step.ts#never, to: end, timeout: 10m }', 20)
    await inside(started, 'never')

    started.cli.process.kill('SIGTERM')
    await started.cli.says(/Stopping \(SIGTERM\)/)
    // Sooner it would be taken for a copy of the first.
    await sleep(400)
    const sentAt = performance.now()
    started.cli.process.kill('SIGINT')
    const ended = await started.cli.end()

    assert.ok(performance.now() - sentAt < 5000)
    assert.deepEqual([ended.code, ended.signal], [130, null], ended.stderr)
    assert.doesNotMatch(ended.stderr, /linescope:/)
  })

  test('a processor that loops for ever is ended with its thread [A32 E8]', async t => {
    const started = startWith(t, '{ use: ./step.ts#busy, to: end }', 20)
    await inside(started, 'busy')

    started.cli.process.kill('SIGTERM')
    const ended = await started.cli.end()

    assert.deepEqual([ended.code, ended.signal], [1, null])
    assert.match(ended.stderr, /^linescope: stopping took too long: lines that were under way are not settled$/m)
    reportOf(ended)
  })

  test('a processor inside native code cannot be ended: it is named, and the process kills itself [A32 E8]', async t => {
    const started = startWith(t, '{ use: ./step.ts#native, to: end }', 20)
    await inside(started, 'native')

    started.cli.process.kill('SIGTERM')
    await started.cli.says(/Stopping/)
    await sleep(400)
    started.cli.process.kill('SIGTERM')
    const ended = await started.cli.end()

    assert.deepEqual([ended.code, ended.signal], [null, 'SIGKILL'])
    assert.match(ended.stderr, /^linescope: the processor "step" is inside native code and cannot be ended/m)
  })

  test('a signal while the run is starting stops it [E8]', async t => {
    const started = startWith(t, '{ use: ./step.ts#slow, to: end, concurrency: 1 }', 500, { env: { SLOW_START: '1' } })
    await inside(started, 'start')

    started.cli.process.kill('SIGINT')
    const ended = await started.cli.end()

    assert.equal(ended.code, 130, ended.stderr)
    assertPrefix(started.written(), reportOf(ended).ledger.delivered)
  })

  test('stdin that is still open was not read to its end: exit 130', async t => {
    const folder = makeFolder(t, { 'pipeline.yaml': pipelineOf('{ trim: {}, to: end }', '{ stdin: {} }') })
    const cli = start(t, ['run', 'pipeline.yaml', '--port', '0', '--json'], { cwd: folder, stdin: 'pipe' })
    const url = await cli.url()
    cli.write('one\ntwo\n')
    await statsWhen(url, 'both lines', ({ total_lines_processed: lines }) => lines === 2)

    cli.process.kill('SIGINT')
    const ended = await cli.end()

    assert.equal(ended.code, 130, ended.stderr)
    assert.equal(reportOf(ended).ledger.delivered, 2)
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'one\ntwo\n')
  })

  test('endless input has no end to be stopped before: exit 0 [E8]', async t => {
    const folder = makeFolder(t, {
      'pipeline.yaml': pipelineOf('{ trim: {}, to: end }', '{ generate: { rate: 1000 } }')
    })
    const cli = start(t, ['run', 'pipeline.yaml', '--port', '0', '--json'], { cwd: folder })
    await statsWhen(await cli.url(), 'some lines', ({ ledger }) => ledger.delivered > 100)

    cli.process.kill('SIGINT')
    const ended = await cli.end()

    assert.equal(ended.code, 0, ended.stderr)
    const { ledger } = reportOf(ended)
    assert.equal(ledger.entered, ledger.delivered)
    const lines = readFileSync(join(folder, 'out.log'), 'utf8').split('\n').length - 1
    assert.equal(lines, ledger.delivered)
  })
})
