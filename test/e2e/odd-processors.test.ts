// Processors that behave as no processor should. Each bad line becomes a dead letter, an unmatched line or a drop, never
// less and never more than one of them; the lines around it come out.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

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

const FAILURES: readonly (readonly [how: string, body: string, message: RegExp])[] = [
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
  ['never settles', 'return new Promise(() => {})', /^took longer than 200 ms$/],
  ['emits a number', "emit('end', 7 as never)", /number/],
  [
    'emits a million lines for one',
    "for (let count = 0; count < 1_000_000; count++) emit('end', 'x' + count)",
    /^one entering line became more than 100,?000 lines$/
  ]
]

test('a processor that fails, however it does, makes one dead letter with its message [A30 A33]', async t => {
  const names = FAILURES.map(([how]) => how)
  const rules = names.map(name => `      - { when: 'line.startsWith("bad ${name}")', to: ${name} }`)
  const processors = names.map((name, index) => `  ${name}: { use: ./step${index}.ts#step, timeout: 200ms }`)
  const lines = names.flatMap(name => [`before it ${name}`, `bad ${name}`])
  const folder = makeFolder(t, {
    'pipeline.yaml': [
      'source: { file: { path: in.log } }',
      'processors:',
      '  start:',
      '    route:',
      ...rules,
      '      - { to: end }',
      ...processors,
      'sinks: { end: { file: { path: out.log } } }'
    ].join('\n'),
    'in.log': `${lines.join('\n')}\nafter\n`,
    ...Object.fromEntries(
      FAILURES.map(([, body], index) => [
        `step${index}.ts`,
        moduleOf(body).replace("line !== 'bad'", "!line.startsWith('bad')")
      ])
    )
  })

  const cli = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
  const url = await cli.url()
  const { ledger } = await statsWhen(url, 'all lines', ({ state }) => state === 'finished')
  const { errors } = await getErrors(url)
  cli.process.kill('SIGTERM')
  const ended = await cli.end()

  assert.equal(ended.code, 0, ended.stderr)
  assertBalanced(ledger)
  const count = FAILURES.length
  assert.deepEqual([ledger.entered, ledger.delivered, ledger.dead], [2 * count + 1, count + 1, count])
  const passed = lines.filter(line => line.startsWith('before'))
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), `${passed.join('\n')}\nafter\n`)
  assert.equal(errors.length, count)
  for (const [index, [how, , message]] of FAILURES.entries()) {
    const [error, ...others] = errors.filter(({ processor }) => processor === how)
    assert.deepEqual(others, [])
    assert.equal(error?.line, `bad ${how}`)
    assert.deepEqual([error.file, error.line_number, error.attempt, error.is_final], ['in.log', 2 * index + 2, 1, true])
    assert.match(error.message, message)
  }
})

test('a tag that was not declared is unmatched, and --fail-on-dead tells it by exit code 3 [A28]', async t => {
  const folder = folderOf(t, "emit('nobody' as never, line)")

  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--fail-on-dead'], { cwd: folder })

  assert.equal(ended.code, 3, ended.stderr)
  const { ledger } = reportOf(ended)
  assert.deepEqual([ledger.entered, ledger.delivered, ledger.unmatched, ledger.dead], [3, 2, 1, 0])
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'before\nafter\n')
})

test('emitting after the call settled makes no line, and it is said [A30]', async t => {
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
