// The commands beside `run`.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { assertRefused } from './support/answers.ts'
import { linescope, makeFolder, ROOT, start } from './support/cli.ts'
import { pipelineOf } from './support/pipelines.ts'

test('--version prints the version and nothing else', async t => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const ended = await linescope(t, ['--version'])
  assert.deepEqual([ended.code, ended.stdout.toString(), ended.stderr], [0, `${version}\n`, ''])
})

test('--help goes to stdout with exit 0; no command at all shows it on stderr with exit 2', async t => {
  const help = await linescope(t, ['--help'])
  assert.equal(help.code, 0)
  for (const command of ['run', 'validate', 'try', 'schema'])
    assert.match(help.stdout.toString(), new RegExp(`^  ${command} `, 'm'))
  const nothing = await linescope(t, [])
  assertRefused(nothing, /^Usage: linescope/)
})

test('validate says what a pipeline has, and its warnings', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf(`{ route: [{ when: 'line == "a"', to: end }] }`)
  })
  const ended = await linescope(t, ['validate', 'pipeline.yaml'], { cwd: folder })
  assert.equal(ended.code, 0)
  assert.equal(ended.stdout.toString(), 'pipeline.yaml: 1 processor and 1 sink, nothing wrong.\n')
  assert.match(ended.stderr, /^warning: pipeline\.yaml:4:\d+: .*route/)
})

test('validate takes every pipeline of the examples', async t => {
  for (const example of ['demo', 'first-steps']) {
    const file = join(ROOT, 'examples', example, 'pipeline.yaml')
    const ended = await linescope(t, ['validate', file])
    assert.deepEqual([ended.code, ended.stderr], [0, ''])
    const [, schema] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(readFileSync(file, 'utf8')) ?? []
    assert.equal(schema, '../pipeline.schema.json')
  }
})

test('schema prints the JSON Schema that the examples name', async t => {
  const ended = await linescope(t, ['schema'])
  assert.equal(ended.code, 0)
  const schema = JSON.parse(ended.stdout.toString())
  assert.equal(schema.$schema, 'http://json-schema.org/draft-07/schema#')
  assert.deepEqual(schema, JSON.parse(readFileSync(join(ROOT, 'examples', 'pipeline.schema.json'), 'utf8')))
})

test('try shows each line’s way with its value at every hop, and writes nothing', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': `
source: { file: { path: nowhere.log } }
processors:
  start:
    route:
      - { when: 'line.contains("ERROR")', to: error }
      - { to: general }
  error: { fail: { when: 'line.contains("bad")', message: too bad }, to: end }
  general: { snakecase: {}, to: end }
sinks:
  end: { file: { path: out.log } }
`
  })
  const ended = await linescope(t, ['try', 'pipeline.yaml', 'ERROR bad', 'All is Well'], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(
    ended.stdout.toString(),
    `line 1: ERROR bad
    start  ERROR bad
    error  ERROR bad
    ✗ dead: too bad
line 2: All is Well
    start    All is Well
    general  All is Well
    end      all_is_well
    ✓ delivered
`
  )

  const cli = start(t, ['try', 'pipeline.yaml', '-'], { cwd: folder, stdin: 'pipe' })
  cli.write('one\n')
  cli.process.stdin!.end('two')
  const { stdout } = await cli.end()
  assert.match(stdout.toString(), /^line 1: one\n.*\nline 2: two\n.*✓ delivered\n$/s)
  assertRefused(
    await linescope(t, ['try', 'nope.yaml', 'a'], { cwd: folder }),
    /^linescope: there is no file "nope\.yaml"/
  )
})
