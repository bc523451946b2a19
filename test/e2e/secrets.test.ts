// A value that came from the environment is shown nowhere: not on the terminal, not in a report, not in an answer.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { assertRefused, getText, reportOf, statsWhen } from './support/answers.ts'
import { linescope, makeFolder, start } from './support/cli.ts'
import { pipelineOf } from './support/pipelines.ts'

const SECRET = 'hunter2-and-more'
const env = { TOKEN: SECRET }

test('a value from the environment is masked on the terminal, in the report and in every answer, not in the output [D6]', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': `
source: { file: { path: in.log } }
entry: check
processors:
  check: { fail: { when: 'line.contains("bad")', message: 'refused by \${TOKEN}' }, to: add }
  add: { use: ./add.ts#add }
sinks:
  end: { file: { path: out.log } }
`,
    'add.ts': `
import { defineProcessor } from 'linescope'
const token = process.env.TOKEN
export const add = defineProcessor({
  name: 'add', summary: 'Adds a token.', emits: ['end'],
  create: () => (line, emit, context) => {
    context.log('added ' + token)
    if (line === 'drop') context.drop('has ' + token)
    else emit('end', line + ' ' + token)
  }
})`,
    'in.log': `good\nbad ${SECRET}\ndrop\n`
  })
  const cli = start(t, ['run', 'pipeline.yaml', '--trace', '--port', '0', '--json'], { cwd: folder, env })
  const url = await cli.url()
  await statsWhen(url, 'the end of the input', ({ state }) => state === 'finished')

  const paths = ['/stats', '/trace', '/errors', '/health', '/api/v1/paths', '/api/v1/processors']
  const answers = await Promise.all(paths.map(path => getText(url, path)))
  cli.process.kill('SIGTERM')
  const ended = await cli.end()

  assert.equal(reportOf(ended).ledger.delivered, 1)
  assert.match(answers[1], /"bad \*\*\*"/)
  assert.match(answers[1], /"has \*\*\*"/)
  assert.match(answers[2], /"refused by \*\*\*"/)
  assert.match(ended.stderr, /added \*\*\*/)
  for (const text of [...answers, ended.stderr, ended.stdout.toString()]) assert.ok(!text.includes(SECRET), text)
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), `good ${SECRET}\n`)
})

test('it is masked in what is said instead of a run', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf('{ trim: {}, to: end }').replace('out.log', '"/nowhere/${TOKEN}"'),
    'in.log': 'a\n'
  })
  const ended = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard'], { cwd: folder, env })
  assertRefused(ended, /cannot write "\/nowhere\/\*\*\*"/)
  assert.ok(!ended.stderr.includes(SECRET), ended.stderr)
})

test('it is masked in the message of a run that it stops, and in what try shows', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf(`{ fail: { when: 'true', message: 'no \${TOKEN} here' }, to: end, on_error: stop }`),
    'in.log': 'a\n'
  })
  const ended = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard', '--json'], { cwd: folder, env })
  assert.equal(ended.code, 1)
  assert.match(ended.stderr, /^linescope: in\.log:1: processor "step": no \*\*\* here$/m)
  assert.equal(reportOf(ended).stop_reason, 'in.log:1: processor "step": no *** here')

  const tried = await linescope(t, ['try', 'pipeline.yaml', `say ${SECRET}`], { cwd: folder, env })
  assert.doesNotMatch(tried.stdout.toString() + tried.stderr, new RegExp(SECRET))
})

test('a variable that is not set is a mistake with its place [D6]', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf('{ trim: {}, to: end }', '{ file: { path: "${NO_SUCH}" } }')
  })
  const ended = await linescope(t, ['validate', 'pipeline.yaml'], { cwd: folder })
  assertRefused(
    ended,
    /^pipeline\.yaml:2:25: the environment variable NO_SUCH is not set\. Set it, or give a default: \$\{NO_SUCH:-default\}\.$/m
  )
})
