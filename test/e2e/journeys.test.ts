// The journey of one line, asked for by its id: its hops as a tree, with times, values and tries; also while it waits.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import type { Paths } from '../../src/contract/paths.ts'
import type { Trace } from '../../src/contract/trace.ts'
import { getText, getTrace, statsWhen } from './support/answers.ts'
import { makeFolder, start, until } from './support/cli.ts'

const PIPELINE = `
source: { stdin: {} }
processors:
  start:
    use: ./steps.ts#start
    to: { twice: upper, plain: end, other: end, slow: wait }
    retry: { attempts: 3, backoff: 20ms }
  upper: { uppercase: {}, to: end }
  wait: { use: ./steps.ts#wait, to: end, timeout: 60s }
sinks:
  end: { file: { path: out.log } }
`

const STEPS = `
import { defineProcessor } from '${new URL('../../src/index.ts', import.meta.url).href}'
export const start = defineProcessor({
  name: 'start',
  summary: 'Does what the line says.',
  emits: ['twice', 'plain', 'other', 'slow'],
  create: () => (line, emit, context) => {
    if (line.includes('fails') && context.attempt < 3) throw new TypeError('try ' + context.attempt + ' ' + process.env.PASSWORD)
    if (line.includes('wait')) return emit('slow', line)
    if (!line.includes('forks')) return emit('plain', line)
    emit('twice', line, { because: 'it is loud' })
    emit('plain', line)
    emit('other', line + ', again')
  }
})
export const wait = async (line: string): Promise<string> => {
  await new Promise(resolve => setTimeout(resolve, 60_000))
  return line
}
`

async function runLines(t: TestContext, lines: readonly string[], settled: number) {
  const folder = makeFolder(t, { 'pipeline.yaml': PIPELINE, 'steps.ts': STEPS })
  const args = ['run', 'pipeline.yaml', '--trace', '--port', '0']
  const cli = start(t, args, { cwd: folder, stdin: 'pipe' })
  const url = await cli.url()
  cli.write(lines.map(line => `${line}\n`).join(''))
  await statsWhen(url, 'the lines', ({ total_lines_processed: done }) => done === settled)
  await until('the journeys', async () => ((await getTrace(url)).traces.length >= settled ? true : undefined))
  return { cli, url }
}

async function journey(url: string, id: string): Promise<Trace> {
  return JSON.parse(await getText(url, `/api/v1/journeys/${id}`))
}

test('a line that failed twice and then passed tells each try with its error and its time', async t => {
  const { url } = await runLines(t, ['plain', 'it fails'], 2)
  const trace = await journey(url, '0:6')

  assert.deepEqual(
    [trace.line, trace.route, trace.outcome, trace.had_errors],
    ['it fails', 'start > end', 'delivered', true]
  )
  assert.ok(trace.reasons?.includes('retried'))
  const [first, sink] = trace.hops
  assert.deepEqual(
    first.attempts?.map(({ attempt, error }) => [attempt, error?.name, error?.message.slice(0, 5)]),
    [
      [1, 'TypeError', 'try 1'],
      [2, 'TypeError', 'try 2'],
      [3, undefined, undefined]
    ]
  )
  for (const attempt of first.attempts ?? []) assert.ok(attempt.started_at !== null && attempt.duration !== null)
  assert.ok(Date.parse(first.attempts[2].started_at!) - Date.parse(first.attempts[0].started_at!) >= 55)
  assert.deepEqual(
    [first.is_estimated, first.before, first.after, first.outcome],
    [false, 'it fails', 'it fails', 'emitted']
  )
  assert.deepEqual([sink.processor, sink.tag, sink.value, sink.outcome], ['end', 'plain', 'it fails', 'delivered'])
})

test('a line that forked in three is a tree with the tags, the reason and the value of each branch', async t => {
  const { url } = await runLines(t, ['it forks'], 1)
  const trace = await journey(url, '0:0')

  assert.equal(trace.route, 'start > (upper > end | end | end)')
  const told = trace.hops.map(({ processor, parent, tag, before, after }) => [processor, parent, tag, before, after])
  assert.deepEqual(told, [
    ['start', null, null, 'it forks', 'it forks'],
    ['upper', 0, 'twice', 'it forks', 'IT FORKS'],
    ['end', 1, 'end', 'IT FORKS', null],
    ['end', 0, 'plain', 'it forks', null],
    ['end', 0, 'other', 'it forks, again', null]
  ])
  assert.deepEqual(
    trace.hops[0].emitted?.map(({ tag, hop, because, value, was_changed: changed }) => [
      tag,
      hop,
      because,
      value,
      changed
    ]),
    [
      ['twice', 1, 'it is loud', 'it forks', false],
      ['plain', 3, null, 'it forks', false],
      ['other', 4, null, 'it forks, again', true]
    ]
  )
  assert.deepEqual(
    trace.leaves.map(({ id, hop }) => [id, hop]),
    [
      ['0:0', 2],
      ['0:0.1', 3],
      ['0:0.2', 4]
    ]
  )
  // A branch is asked for by its own id, and the newest lines tell the same.
  assert.deepEqual(await journey(url, '0:0.2'), trace)
  assert.deepEqual((await getTrace(url)).traces, [trace])
})

test('a line that waits says where and since when; an unknown id is said to be one', async t => {
  const { cli, url } = await runLines(t, ['plain'], 1)
  cli.write('wait for it\n')
  const trace = await until('the waiting line', async () => {
    const answer = await fetch(`${url}/api/v1/journeys/0:6`)
    return answer.status === 200 ? ((await answer.json()) as Trace) : undefined
  })

  assert.deepEqual([trace.outcome, trace.line_number, trace.settled_at], ['in_flight', 2, null])
  const [hop] = trace.hops
  assert.deepEqual([hop.processor, hop.outcome], ['wait', 'waiting'])
  assert.ok(Date.now() - Date.parse(hop.started_at!) < 60_000)
  for (const id of ['0:1', '7:0', 'x', '%00', 'r1.1']) {
    const answer = await fetch(`${url}/api/v1/journeys/${id}`)
    assert.equal(answer.status, 404, id)
  }
})

test('paths tell times, when they were seen last and a line that took them', async t => {
  const { url } = await runLines(t, ['plain', 'it forks'], 2)
  const paths: Paths = await until('the times', async () => {
    const answer: Paths = JSON.parse(await getText(url, '/api/v1/paths'))
    return answer.paths.length === 2 && answer.paths.every(({ p99 }) => p99 !== null) ? answer : undefined
  })

  const plain = paths.paths.find(({ route }) => route === 'start > end')
  assert.ok(plain !== undefined)
  const { lines, timed_lines, errors, p50, p99, max, last_at, example_id } = plain
  assert.deepEqual([lines, timed_lines, errors], [3, 3, 0])
  assert.ok(p50! > 0 && p50! <= p99! && p99! <= max!)
  assert.ok(Date.now() - Date.parse(last_at!) < 60_000)
  const example = await journey(url, example_id!)
  assert.ok(example.route.includes('end'))
})
