// Lines that a processor never comes back from: each becomes a dead letter, all others go through, and whoever watches
// is answered all the time.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Health } from '../../src/contract/health.ts'
import { readDeadLetters } from '../../src/state/dead-letter-log/reader.ts'
import { stateFoldersIn } from '../../src/state/state-folder.ts'
import { assertBalanced, getStats, getText, reportOf } from './support/answers.ts'
import { type Cli, type Ended, linescope, makeFolder, start } from './support/cli.ts'
import { askFor10Seconds } from './support/latency.ts'
import { ALONE } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const LINES = 100_000
const POISON = [1_000, 50_000, LINES]

const MODULE = `
import { execSync } from 'node:child_process'
const POISON = new Set(${JSON.stringify(POISON.map(number => `line ${number}`))})
export const hang = line => { while (POISON.has(line)); return line }
export const hangLater = async line => { await null; while (POISON.has(line)); return line }
export const sleepInShell = line => { if (POISON.has(line)) execSync('sleep 60'); return line }
export const killProcess = line => { if (POISON.has(line)) process.kill(process.pid, 'SIGKILL'); return line }
`

function folderWith(t: TestContext, step: string, lineCount = LINES): string {
  return makeFolder(t, {
    'in.log': linesBut(lineCount, []),
    'steps.js': MODULE,
    'pipeline.yaml': `
source: { file: { path: in.log } }
processors:
  start: { trim: {}, to: step }
  step: ${step}
sinks:
  end: { file: { path: out.log } }
`
  })
}

function linesBut(lineCount: number, left: readonly number[]): string {
  let text = ''
  for (let number = 1; number <= lineCount; number++) if (!left.includes(number)) text += `line ${number}\n`
  return text
}

function output(folder: string): string {
  return readFileSync(join(folder, 'out.log'), 'utf8')
}

/** `number code processor` of each. */
function letters(folder: string): string[] {
  const [stateFolder] = stateFoldersIn(join(folder, '.linescope'))
  return [...readDeadLetters(stateFolder)].map(entry => {
    if (entry.kind !== 'letter') throw new Error(`the dead-letter log has ${JSON.stringify(entry)}`)
    const { lineNumber, error, processor, original, attempts } = entry.letter
    assert.equal(Buffer.from(original.bytes).toString(), `line ${lineNumber}\n`)
    assert.equal(attempts.length, 1)
    return `${lineNumber} ${error?.code} ${processor}`
  })
}

/** Longest times in which no line was settled, from what the dashboard says. */
async function watchStalls(url: string, isOver: () => boolean): Promise<{ stalls: number[]; answers: number[] }> {
  const stalls: number[] = []
  const answers: number[] = []
  let settled = -1
  let since = performance.now()
  while (!isOver()) {
    const askedAt = performance.now()
    const stats = await getStats(url)
    answers.push(performance.now() - askedAt)
    assertBalanced(stats.ledger)
    if (stats.total_lines_processed !== settled) {
      stalls.push(performance.now() - since)
      since = performance.now()
      settled = stats.total_lines_processed
    }
    await sleep(5)
  }
  return { stalls: stalls.sort((a, b) => b - a), answers: answers.sort((a, b) => a - b) }
}

describe('a processor that does not come back', () => {
  test('from three lines in 100,000 costs those three, and the dashboard answers meanwhile', async t => {
    const timeout = IS_LONG ? 2_000 : 300
    const folder = folderWith(t, `{ use: ./steps.js#hang, to: end, timeout: ${timeout}ms, retry: { attempts: 3 } }`)
    const run = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
    const url = await run.url()
    const asking = IS_LONG ? askFor10Seconds(t, '/stats while lines hang', url) : undefined
    let isOver = false
    const watching = watchStalls(url, () => isOver)
    await run.says(/The input has ended/)
    isOver = true
    const { stalls, answers } = await watching
    const health = JSON.parse(await getText(url, '/health')) as Health
    await asking
    run.process.kill('SIGINT')
    const { stderr } = await run.end()

    const seconds = stalls.slice(0, 3).map(stall => (stall / 1000).toFixed(2))
    t.diagnostic(`stalls of ${seconds.join(', ')} s with a timeout of ${timeout} ms`)
    t.diagnostic(`${answers.length} answers, p99 ${(answers[Math.floor(answers.length * 0.99)] ?? 0).toFixed(1)} ms`)
    assert.deepEqual(
      letters(folder),
      POISON.map(number => `${number} hung step`)
    )
    assert.equal(output(folder), linesBut(LINES, POISON))
    assert.match(stderr, /100,000 entered = 99,997 delivered \+ 3 dead\n0 lines unaccounted/)
    for (const number of POISON) assert.match(stderr, hungAt(number))
    assert.deepEqual(health.problems, [])
    assert.equal(health.status, 'ok')
  })

  test('in code behind an await is found as well, though nobody knows at first whose line it is', async t => {
    const folder = folderWith(t, '{ use: ./steps.js#hangLater, to: end, timeout: 300ms }', 2_000)

    const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })

    assert.equal(reportOf(ended).exit_code, 0)
    assert.deepEqual(letters(folder), ['1000 hung step'])
    assert.equal(output(folder), linesBut(2_000, [1_000]))
  })

  test('is ended where Node can end it only with the process, and the next run goes on without the line', async t => {
    const folder = folderWith(t, '{ use: ./steps.js#sleepInShell, to: end, timeout: 200ms }', 1_500)
    const first = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard'], { cwd: folder })
    assert.equal(first.signal, 'SIGKILL')
    assert.match(
      first.stderr,
      /the lane hangs inside "step".* in native code, which nothing but the end of the process ends/
    )
    assert.match(first.stderr, /^[\d,]+ entered = .*\n0 lines unaccounted/m)

    const last = await untilDone(t, folder, 3)

    assert.match(last.stderr, /^Line 1000 of "in.log" is not run: in "step" it did not come back within 200 ms/m)
    assert.deepEqual(letters(folder), ['1000 hung step'])
    assert.equal(output(folder), linesBut(1_500, [1_000]))
  })

  test('without a limit is left alone', async t => {
    const folder = folderWith(t, '{ use: ./steps.js#hang, to: end, timeout: 0 }', 1_500)
    const run = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
    const url = await run.url()
    await sleep(1_500)
    const { processors } = await getStats(url)
    assert.notEqual(processors.find(({ name }) => name === 'step')?.busy_since, null)
    assert.doesNotMatch(run.stderr, /hung/)
    run.process.kill('SIGKILL')
  })
})

describe('a line that takes the whole process with it', () => {
  test('is a dead letter at the sixth start, and all others come out once [E6]', async t => {
    const folder = folderWith(t, '{ use: ./steps.js#killProcess, to: end }', 1_500)
    for (const start of [1, 2, 3, 4, 5]) {
      const { signal, stderr } = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard'], { cwd: folder })
      assert.equal(signal, 'SIGKILL', `start ${start}: ${stderr}`)
    }

    const { code, stderr } = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard'], { cwd: folder })

    assert.equal(code, 0, stderr)
    assert.match(stderr, /^Line 1000 of "in.log" is not run: in "step" it ended the whole process, again and again\.$/m)
    assert.match(stderr, /1,500 entered = 1,499 delivered \+ 1 dead\n0 lines unaccounted/)
    assert.deepEqual(letters(folder), ['1000 killed_lane step'])
    assert.equal(output(folder), linesBut(1_500, [1_000]))
  })
})

/** What the log says of a line, once it is known. */
function hungAt(number: number): RegExp {
  return new RegExp(`line ${number} of "in\\.log" is not tried again`)
}

async function untilDone(t: TestContext, folder: string, mostRuns: number): Promise<Ended> {
  for (let run = 1; ; run++) {
    const cli: Cli = start(t, ['run', 'pipeline.yaml', '--no-dashboard'], { cwd: folder })
    const ended = await cli.end()
    if (ended.code === 0) return ended
    if (run === mostRuns) throw new Error(`it ended with ${ended.code ?? ended.signal}:\n${ended.stderr}`)
  }
}
