// Errors as people look for them: with line, path and stack, and every one of them counted.

import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import type { ErrorGroupDetail, ErrorGroups } from '../../src/contract/error-groups.ts'
import { getErrors, getText, statsWhen } from './support/answers.ts'
import { makeFolder, start, until } from './support/cli.ts'

const MODULE = `
import { defineProcessor } from 'linescope'

function parse(line: string): string {
  if (line.startsWith('bad')) throw new TypeError('no code in ' + line)
  if (line.startsWith('odd')) throw new RangeError('odd line')
  return line
}

export const step = defineProcessor({
  name: 'step', summary: 'Parses.', emits: ['end'],
  create: () => (line, emit) => emit('end', parse(line))
})
`

const PIPELINE = (follow: boolean): string => `
source: { file: { path: in.log, follow: ${follow} } }
processors:
  start: { trim: {}, to: step }
  step: { use: ./step.ts#step, to: end, on_error: drop }
sinks:
  end: { file: { path: out.log } }
`

test('an error that is thrown is on /errors at once, with line, path and the stack of the author', async t => {
  const folder = makeFolder(t, { 'pipeline.yaml': PIPELINE(true), 'step.ts': MODULE, 'in.log': 'good\n' })
  const cli = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
  const url = await cli.url()
  await statsWhen(url, 'the first line', stats => stats.total_lines_processed === 1)
  const begin = performance.now()
  appendFileSync(join(folder, 'in.log'), 'bad 17\n')
  const [error] = await until('the error', async () => {
    const { errors } = await getErrors(url)
    return errors.length > 0 ? errors : undefined
  })
  const milliseconds = performance.now() - begin
  t.diagnostic(`${Math.round(milliseconds)} ms`)
  if (process.env['LINESCOPE_LONG'] === '1') assert.ok(milliseconds < 1_000, `${milliseconds} ms`)

  assert.deepEqual([error.line, error.line_number, error.path], ['bad 17', 2, ['start', 'step']])
  const [head, top, below] = error.stack!.split('\n')
  assert.equal(head, 'TypeError: no code in bad 17')
  assert.match(top, /at parse \(file:\/\/.*\/step\.ts:5:\d+\)/)
  assert.match(below, /step\.ts:12:\d+/)
  assert.equal(error.stack!.split('\n').length, 3, error.stack!)
  assert.ok(error.stack_frames_hidden > 0)
  const full = await getText(url, '/errors?stack=full')
  assert.equal(JSON.parse(full).errors[0].stack.split('\n').length, 3 + error.stack_frames_hidden)
})

test('of a storm of errors every one is counted in its group', async t => {
  const count = 60_000
  const lines = Array.from({ length: count }, (_, index) =>
    index % 3 === 0 ? 'odd' : index % 3 === 1 ? `bad ${index}` : 'good'
  )
  const folder = makeFolder(t, {
    'pipeline.yaml': PIPELINE(false),
    'step.ts': MODULE,
    'in.log': `${lines.join('\n')}\n`
  })
  const cli = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
  const url = await cli.url()
  await statsWhen(url, 'the end of the input', ({ state }) => state === 'finished')
  const answer = await until('all errors', async () => {
    const groups: ErrorGroups = JSON.parse(await getText(url, '/api/v1/errors'))
    return groups.processors![0]?.not_grouped === 0 ? groups : undefined
  })
  const { shed } = await getErrors(url)
  assert.ok(shed > 0, 'nothing was shed: the test has nothing to show')
  assert.equal(answer.total_errors, (count / 3) * 2)
  assert.deepEqual(
    answer.groups
      .map(({ processor, name, count: errors, final }) => [processor, name, errors, final])
      .sort(([, a], [, b]) => (String(a) < String(b) ? -1 : 1)),
    [
      ['step', 'RangeError', count / 3, count / 3],
      ['step', 'TypeError', count / 3, count / 3]
    ]
  )
  const detail: ErrorGroupDetail = JSON.parse(await getText(url, `/api/v1/errors/${answer.groups[0].id}`))
  assert.deepEqual(detail.paths, [{ path: ['start', 'step'], errors: count / 3 }])
  assert.ok(detail.sample_errors.length > 2 && detail.sample_errors.length <= 7, String(detail.sample_errors.length))
  assert.equal(detail.samples, detail.sample_errors.length)
  const unknown = await fetch(`${url}/api/v1/errors/0`)
  assert.equal(unknown.status, 404)
})
