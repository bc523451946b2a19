// Looks for every secret of the presets in all that a run answers, says, exports and prints.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { PLANTED } from '../../src/observer/redaction/secrets-fixtures.ts'
import { assertRefused, getText, statsWhen } from './support/answers.ts'
import { linescope, makeFolder, start } from './support/cli.ts'
import { pipelineOf } from './support/pipelines.ts'

const LINES = PLANTED.flatMap(({ lines }) => lines).flatMap(line => line.split('\n'))

/** Of four lines one is an error's message, one a reason, one a tag, and one is inside a record that fails. */
const MODULE = `
import { defineProcessor } from 'linescope'
let count = 0
export const spread = defineProcessor({
  name: 'spread', summary: 'Spreads lines.', emits: ['second'],
  create: () => (line, emit, context) => {
    context.log('saw ' + line)
    switch (count++ % 4) {
      case 0: throw new Error('cannot take ' + line)
      case 1: context.drop(line); return
      case 2: emit(line as never, line); return
      default: emit('second', { line, parts: [line] })
    }
  }
})
export const second = defineProcessor({
  name: 'second', summary: 'Fails.', emits: ['end'],
  create: () => (record, emit) => { throw new TypeError(JSON.stringify(record)) }
})`

const PIPELINE = `
source: { file: { path: in.log } }
entry: spread
processors:
  spread: { use: ./spread.ts#spread, to: second }
  second: { use: ./spread.ts#second, to: end }
sinks:
  end: { file: { path: out.log } }
`

const ANSWERS = [
  ...['/stats', '/trace?limit=1000', '/errors?limit=1000', '/health', '/api/v1/paths', '/api/v1/replay'],
  ...['/', '/openapi.json', '/readyz']
]

/** Everything that a run with such a pipeline shows, by where it is shown. */
async function shownBy(
  t: TestContext,
  pipeline: string,
  commands: readonly (readonly string[])[]
): Promise<Map<string, string>> {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipeline,
    'spread.ts': MODULE,
    'in.log': LINES.map(line => `${line}\n`).join('')
  })
  const cli = start(t, ['run', 'pipeline.yaml', '--trace', '--port', '0', '--json'], { cwd: folder })
  const url = await cli.url()
  await statsWhen(url, 'the end of the input', ({ state }) => state === 'finished')
  const shown = new Map<string, string>()
  for (const path of ANSWERS) shown.set(path, await getText(url, path))
  cli.process.kill('SIGTERM')
  const ended = await cli.end()
  shown.set('stderr', ended.stderr)
  shown.set('report', ended.stdout.toString())
  for (const command of commands) {
    const done = await linescope(t, command, { cwd: folder })
    const name = command.slice(0, 2).join(' ')
    assert.ok(done.code === 0 || done.code === 3, `${name}: ${done.code} ${done.stderr}`)
    shown.set(name, done.stdout.toString() + done.stderr)
  }
  const log = readFileSync(join(folder, 'in.log'), 'utf8')
  assert.ok(LINES.every(line => log.includes(line)))
  return shown
}

const spellings = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1)
]
const isIn = (secret: string, text: string): boolean => spellings(secret).some(each => text.includes(each))

test('no secret of the presets is in any answer, report, message, export or command [J16]', async t => {
  const shown = await shownBy(t, PIPELINE, [
    ['dlq', 'ls', 'pipeline.yaml'],
    ['dlq', 'show', '1', 'pipeline.yaml'],
    ['dlq', 'grep', '/./', 'pipeline.yaml'],
    ['dlq', 'stats', 'pipeline.yaml', '--json'],
    ['dlq', 'export', 'pipeline.yaml'],
    ['replay', 'pipeline.yaml', '--all', '--dry-run', '--json'],
    ['try', 'pipeline.yaml', '--', ...LINES]
  ])
  for (const [where, text] of shown) {
    for (const { secret } of PLANTED) {
      const at = spellings(secret)
        .map(each => text.indexOf(each))
        .find(index => index >= 0)
      assert.ok(at === undefined, `${secret} is in ${where}: ${text.slice((at ?? 0) - 100, (at ?? 0) + 100)}`)
    }
  }
})

test('they would be seen: without presets every one of them is found', async t => {
  const shown = await shownBy(t, `${PIPELINE}redaction: { presets: [] }\n`, [
    ['dlq', 'ls', 'pipeline.yaml'],
    ['dlq', 'export', 'pipeline.yaml']
  ])
  const secrets = PLANTED.map(({ secret }) => secret)
  for (const where of ['/trace?limit=1000', '/errors?limit=1000', 'stderr', 'dlq ls', 'dlq export']) {
    const text = shown.get(where)!
    assert.ok(
      secrets.some(secret => isIn(secret, text)),
      where
    )
  }
  const everything = [...shown.values()].join('\n')
  for (const secret of secrets) assert.ok(isIn(secret, everything), secret)
})

test('with payloads: off lines and messages are lengths and hashes', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': `${PIPELINE}redaction: { payloads: off }\n`,
    'spread.ts': MODULE.replace(`context.log('saw ' + line)`, ''),
    'in.log': 'alpha one\nalpha two\nalpha three\nalpha four\n'
  })
  const cli = start(t, ['run', 'pipeline.yaml', '--trace', '--port', '0', '--json'], { cwd: folder })
  const url = await cli.url()
  await statsWhen(url, 'the end of the input', ({ state }) => state === 'finished')
  const answers = await Promise.all(ANSWERS.map(path => getText(url, path)))
  cli.process.kill('SIGTERM')
  const ended = await cli.end()
  const exported = await linescope(t, ['dlq', 'export', 'pipeline.yaml'], { cwd: folder })
  const listed = await linescope(t, ['dlq', 'show', '1', 'pipeline.yaml'], { cwd: folder })
  const texts = [...answers, ended.stderr, ended.stdout, exported.stdout, listed.stdout].map(String)
  for (const text of texts) assert.ok(!text.includes('alpha'), text)
  assert.match(answers[1], /"line":"\[9 bytes, SHA-256 [0-9a-f]{12}\]"/)
  assert.match(answers[2], /"processor":"spread","name":"Error","message":"\[21 bytes/)
  assert.match(answers[2], /spread\.ts:\d+:\d+/)
  const raw = await linescope(t, ['dlq', 'export', 'pipeline.yaml', '--format', 'lines'], { cwd: folder })
  assert.equal(raw.stdout.toString(), 'alpha one\nalpha three\nalpha four\n')
})

test('a masked value is not replayed by an edited export', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf(`{ fail: { when: 'true', message: no }, to: end }`),
    'in.log': 'password=hunter2 a\n'
  })
  await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard'], { cwd: folder })
  await linescope(t, ['dlq', 'export', 'pipeline.yaml', '-o', 'masked.json'], { cwd: folder })
  const masked = readFileSync(join(folder, 'masked.json'), 'utf8')
  assert.match(masked, /password=\*\*\* a/)
  const edited = makeFolder(t, { 'edited.json': masked.replace('*** a', '*** b') })
  const refused = await linescope(t, ['replay', 'pipeline.yaml', '--edit', join(edited, 'edited.json')], {
    cwd: folder
  })
  assertRefused(refused, /the value of the letter "\d+" has a masked part, \*\*\*/)
  const open = await linescope(t, ['dlq', 'export', 'pipeline.yaml', '--unmasked'], { cwd: folder })
  assert.match(open.stdout.toString(), /password=hunter2 a/)
})

test('a pattern that is wrong, or that a line could keep busy, is a mistake with its place', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': `${pipelineOf('{ trim: {}, to: end }')}redaction:\n  presets: [email, cookie]\n  patterns:\n    - 'ID-('\n    - '(?=a)b'\n    - 'x*'\n`
  })
  const ended = await linescope(t, ['validate', 'pipeline.yaml'], { cwd: folder })
  assertRefused(ended, /pipeline\.yaml:8:20: .*must be one of/, /pipeline\.yaml:10:7: .*not a valid pattern/)
  assertRefused(ended, /pipeline\.yaml:11:7: .*cannot run in linear time/, /pipeline\.yaml:12:7: .*empty text/)
})
