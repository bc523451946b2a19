// Outputs that are renamed or deleted while a run writes them, as log rotation does: no line is lost or comes twice.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { readCheckpoint } from '../../src/state/checkpoint/reader.ts'
import { stateFoldersIn } from '../../src/state/state-folder.ts'
import { reportOf } from './support/answers.ts'
import { type Cli, linescope, makeFolder, start, until } from './support/cli.ts'
import { ledgerOfCompleteRun, randomOf } from './support/kill-runs.ts'
import { ALONE } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const LINES = IS_LONG ? 120_000 : 24_000
const KILLS = IS_LONG ? 40 : 3
const STEPS_TESTED = IS_LONG ? ['pass', 'later', 'number'] : ['number']

const TEXT = Array.from({ length: LINES }, (_, index) => `line ${index} ${'x'.repeat(index % 40)}\n`).join('')

const STEPS = `
import { defineProcessor } from 'linescope'
const spin = (): void => {
  for (const until = performance.now() + 0.1; performance.now() < until; );
}
export const pass = defineProcessor({
  name: 'pass', summary: 'Passes on.', emits: ['end', 'other'],
  create: () => (line, emit) => {
    spin()
    emit(Number(line.split(' ')[1]) % 3 === 0 ? 'other' : 'end', line)
  }
})
export const later = defineProcessor({
  name: 'later', summary: 'Passes on, later.', emits: ['end', 'other'],
  create: () => async (line, emit) => {
    spin()
    if (Math.random() < 0.01) await new Promise(resolve => setTimeout(resolve, 1))
    emit(Number(line.split(' ')[1]) % 3 === 0 ? 'other' : 'end', line)
  }
})
export const number = defineProcessor({
  name: 'number', summary: 'Numbers.', emits: ['end', 'other'],
  create: () => {
    let count = 0
    return {
      process: (line, emit) => {
        spin()
        emit(count++ % 3 === 0 ? 'other' : 'end', line)
      },
      snapshot: () => count,
      restore: (state: number) => { count = state }
    }
  }
})
`

const SINKS = ['out.log', 'other.log']

function pipelineOf(step: string): string {
  return `
source: { file: { path: in.log } }
processors:
  step: { use: ./steps.ts#${step} }
sinks:
  end: { file: { path: out.log } }
  other: { file: { path: other.log } }
`
}

const EXPECTED: Readonly<Record<string, string>> = {
  'out.log': linesWhere(index => index % 3 !== 0),
  'other.log': linesWhere(index => index % 3 === 0)
}

function linesWhere(isWanted: (index: number) => boolean): string {
  return TEXT.split(/(?<=\n)/)
    .filter((_, index) => isWanted(index))
    .join('')
}

function folderFor(t: TestContext, step = 'pass'): string {
  return makeFolder(t, {
    'in.log': TEXT,
    'pipeline.yaml': pipelineOf(step),
    'steps.ts': STEPS,
    'package.json': '{ "type": "module" }'
  })
}

/** All that was written to a sink: its rotated files in their order, then its own. */
function written(folder: string, sink: string): string {
  const numbers = readdirSync(folder).flatMap(name =>
    name.startsWith(`${sink}.`) ? [Number(name.slice(sink.length + 1))] : []
  )
  const names = [...numbers.sort((a, b) => a - b).map(number => `${sink}.${number}`), sink]
  return names.map(name => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '')).join('')
}

class Rotator {
  rotations = 0
  readonly #folder: string
  readonly #random: () => number

  constructor(folder: string, random: () => number) {
    this.#folder = folder
    this.#random = random
  }

  /** As logrotate does with `nocreate`, or with `create`. */
  rotate(): void {
    const sink = SINKS[Math.floor(this.#random() * SINKS.length)]
    const path = join(this.#folder, sink)
    if (!existsSync(path)) return
    this.rotations++
    renameSync(path, `${path}.${this.rotations}`)
    if (this.#random() < 0.5) {
      try {
        writeFileSync(path, '', { flag: 'wx' })
      } catch {
        // The run was quicker.
      }
    }
  }

  async rotateUntilEnd(run: Cli): Promise<void> {
    let hasEnded = false
    void run.ended.then(() => {
      hasEnded = true
    })
    while (!hasEnded) {
      await sleep(60 + this.#random() * 400)
      if (size(this.#folder) > 0) this.rotate()
    }
  }
}

function size(folder: string): number {
  return SINKS.reduce((sum, sink) => sum + (statSync(join(folder, sink), { throwIfNoEntry: false })?.size ?? 0), 0)
}

function same(folder: string): void {
  for (const sink of SINKS) {
    const found = written(folder, sink)
    assert.equal(found.length, EXPECTED[sink].length, `${sink} has another length`)
    assert.ok(found === EXPECTED[sink], `${sink} has other bytes`)
  }
}

describe('outputs that are renamed while a run writes them', { concurrency: 2 }, () => {
  for (const step of STEPS_TESTED) {
    test(`have each line once, in order, also through kills: ${step} [F11] [E1]`, async t => {
      const seed = Number(process.env['LINESCOPE_SEED'] ?? Date.now() % 1_000_000)
      t.diagnostic(`LINESCOPE_SEED=${seed}`)
      const random = randomOf(seed)
      const folder = folderFor(t, step)
      const rotator = new Rotator(folder, random)
      let said = ''
      for (let kills = 0; ; kills++) {
        const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
        const rotating = rotator.rotateUntilEnd(run)
        if (kills < KILLS) {
          const before = size(folder)
          while (size(folder) === before && run.process.exitCode === null) await sleep(3)
          await sleep(random() * 500)
          run.process.kill('SIGKILL')
        }
        const ended = await run.end()
        await rotating
        said += ended.stderr
        if (ended.signal === 'SIGKILL') {
          if (random() < 0.3) rotator.rotate()
          if (ledgerOfCompleteRun(folder) === undefined) continue
        } else assert.equal(ended.code, 0, ended.stderr)
        break
      }
      same(folder)
      assert.equal(ledgerOfCompleteRun(folder)?.unaccounted, 0)
      assert.ok(rotator.rotations > KILLS)
      assert.match(said, /The output "(end|other)" was renamed or deleted by somebody\. It goes on in a new file at/)
    })
  }
})

describe('an output', { concurrency: 2 }, () => {
  test('that is deleted while a run writes it goes on in a new file [F11]', async t => {
    const folder = folderFor(t)
    const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    await until('lines', () => size(folder) > 20_000)
    rmSync(join(folder, 'out.log'))
    await run.says(/The output "end" was renamed or deleted by somebody/)
    await until('more lines', () => existsSync(join(folder, 'out.log')) && size(folder) > 0)
    const ended = await run.end()
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(reportOf(ended).ledger.delivered, LINES)
    assert.ok(EXPECTED['out.log'].endsWith(readFileSync(join(folder, 'out.log'), 'utf8')))
    assert.equal(written(folder, 'other.log'), EXPECTED['other.log'])
  })

  test('whose path leads to a folder suddenly stays the file that it was, and that is said', async t => {
    const folder = folderFor(t)
    const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    await until('lines', () => size(folder) > 20_000)
    renameSync(join(folder, 'out.log'), join(folder, 'out.log.1'))
    mkdirSync(join(folder, 'out.log'))
    await run.says(/The output "end" was renamed or deleted by somebody, and cannot be opened again: .*it is a folder/)
    const ended = await run.end()
    assert.equal(ended.code, 0, ended.stderr)
    rmSync(join(folder, 'out.log'), { recursive: true })
    same(folder)
  })

  test('that was rotated and compressed while nothing ran goes on in a new file [F11]', async t => {
    const folder = folderFor(t)
    const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    await until('lines', () => size(folder) > 20_000)
    run.process.kill('SIGTERM')
    assert.equal((await run.end()).code, 143)
    const first = readFileSync(join(folder, 'out.log'), 'utf8')
    rmSync(join(folder, 'out.log'))
    const ended = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard'], { cwd: folder })
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(ended.stderr, /The output "end" was renamed or deleted\. It goes on in a new file/)
    assert.ok(first + readFileSync(join(folder, 'out.log'), 'utf8') === EXPECTED['out.log'])
  })

  test('that is gone after a crash, with lines that may not be committed, is asked about', async t => {
    const folder = folderFor(t)
    const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    await until('a checkpoint with lines', () => {
      const [state] = existsSync(join(folder, '.linescope')) ? stateFoldersIn(join(folder, '.linescope')) : []
      const sinks = state === undefined ? [] : (readCheckpoint(state)?.checkpoint.sinks ?? [])
      return (sinks[0]?.file?.length ?? 0) > 0
    })
    run.process.kill('SIGKILL')
    await run.end()
    rmSync(join(folder, 'out.log'))
    const ended = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard'], { cwd: folder })
    assert.equal(ended.code, 2)
    assert.match(ended.stderr, /the output "end" .*is gone.*--fresh/s)
  })
})
