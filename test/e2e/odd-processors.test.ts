// Processors that behave as no processor should. Each bad line becomes a dead letter, an unmatched line or a drop, never
// less and never more than one of them; the lines around it come out.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import type { ErrorEntry } from '../../src/contract/errors.ts'
import type { Ledger } from '../../src/contract/ledger.ts'
import { assertBalanced, getErrors, type Report, reportOf, statsWhen } from './support/answers.ts'
import { linescope, makeFolder, start } from './support/cli.ts'
import { ALONE, pipelineOf } from './support/pipelines.ts'

/** A module whose `step` does `body` with the line `bad` and passes every other one on. */
function moduleOf(body: string): string {
  return `
import { defineProcessor } from 'linescope'
export const step = defineProcessor({
  name: 'step', summary: 'Passes on what is not bad.', emits: ['end'],
  create: () => (line, emit, context) => {
    if (line !== 'bad') return emit('end', line)
    ${body}
  }
})`
}

const INPUT = 'before\nbad\nafter\n'

function folderOf(t: TestContext, body: string, settings = ''): string {
  return makeFolder(t, {
    'pipeline.yaml': pipelineOf(`{ use: ./step.ts#step${settings} }`),
    'step.ts': moduleOf(body),
    'in.log': INPUT
  })
}

/** Runs it with the dashboard, and takes the errors and the ledger from there. */
async function seenFrom(t: TestContext, folder: string): Promise<{ errors: ErrorEntry[]; ledger: Ledger }> {
  const cli = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
  const url = await cli.url()
  const { ledger } = await statsWhen(url, 'all lines', ({ state }) => state === 'finished')
  const { errors } = await getErrors(url)
  cli.process.kill('SIGTERM')
  const ended = await cli.end()
  assert.equal(ended.code, 0, ended.stderr)
  assertBalanced(ledger)
  return { errors, ledger }
}

describe('a processor that fails makes one dead letter with its message', () => {
  const failures: readonly (readonly [how: string, body: string, message: RegExp, settings?: string])[] = [
    ['throws a text', "throw 'no good'", /^no good$/],
    ['throws undefined', 'throw undefined', /^undefined$/],
    [
      'throws an error whose parts throw',
      `const error = new Error('hidden')
    for (const name of ['message', 'stack', 'name', 'code']) {
      Object.defineProperty(error, name, { get() { throw new Error('no ' + name) } })
    }
    throw error`,
      /./
    ],
    ['returns a promise that is rejected', "return Promise.reject(new Error('rejected'))", /^rejected$/],
    ['never settles', 'return new Promise(() => {})', /^took longer than 200 ms$/, ', timeout: 200ms'],
    ['emits a number', "emit('end', 7 as never)", /number/],
    [
      'emits a million lines for one',
      "for (let count = 0; count < 1_000_000; count++) emit('end', 'x' + count)",
      /^one entering line became more than 100,?000 lines$/
    ]
  ]
  for (const [how, body, message, settings] of failures) {
    test(how, async t => {
      const folder = folderOf(t, body, settings)

      const { errors, ledger } = await seenFrom(t, folder)

      assert.deepEqual([ledger.entered, ledger.delivered, ledger.dead], [3, 2, 1])
      assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'before\nafter\n')
      const seen = errors.map(({ processor, line, file, line_number: number }) => ({ processor, line, file, number }))
      assert.deepEqual(seen, [{ processor: 'step', line: 'bad', file: 'in.log', number: 2 }])
      assert.match(errors[0].message, message)
    })
  }
})

test('a tag that was not declared is unmatched, and --fail-on-dead tells it by exit code 3', async t => {
  const folder = folderOf(t, "emit('nobody' as never, line)")

  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--fail-on-dead'], { cwd: folder })

  assert.equal(ended.code, 3, ended.stderr)
  const { ledger } = reportOf(ended)
  assert.deepEqual([ledger.entered, ledger.delivered, ledger.unmatched, ledger.dead], [3, 2, 1, 0])
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'before\nafter\n')
})

test('emitting after the call settled makes no line, and it is said', async t => {
  const folder = folderOf(t, "setTimeout(() => emit('end', 'too late'), 20)")
  const cli = start(t, ['run', 'pipeline.yaml', '-i', '-', '--no-dashboard', '--json'], { cwd: folder, stdin: 'pipe' })

  cli.write(INPUT)
  await cli.says(/emitted .*after|after .*settled/)
  cli.process.stdin!.end()
  const ended = await cli.end()

  assert.equal(ended.code, 0, ended.stderr)
  const { ledger }: Report = reportOf(ended)
  assert.deepEqual([ledger.entered, ledger.delivered, ledger.dropped], [3, 2, 1])
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'before\nafter\n')
})

test('on_error: stop settles everything before the failing line and nothing after it', async t => {
  const folder = folderOf(t, "throw new Error('here it ends')", ', on_error: stop')

  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })

  assert.equal(ended.code, 1)
  assert.match(ended.stderr, /^linescope: in\.log:2: processor "step": here it ends$/m)
  assert.doesNotMatch(ended.stderr, /^\s+at /m)
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'before\n')
})
