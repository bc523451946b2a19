import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sourcesNamed } from './line-lookup.ts'
import { delivered, observe } from './observe-recording-fixtures.ts'

const LINES = [delivered('one', [0, 1]), { text: 'two', leaves: [{ nodes: [0], outcome: 'dropped' as const }] }]

test('a line is found by id and by file and number, with its way and its text', async t => {
  const { observer } = await observe(t, { lines: LINES })
  observer.setStatus({ sources: ['logs/input.log'] })
  observer.traces(10)
  const two = observer.lineOf('input.log', 2)
  assert.deepEqual(
    [two.state, two.id, two.path, two.outcome, two.line, two.text_from],
    ['settled', '0:4', ['general'], 'dropped', 'two', 'journey']
  )
  assert.deepEqual(observer.lineAt(0, 4), two)
  assert.deepEqual(observer.lineOf('0', 1).path, ['general', 'end'])
  assert.match(observer.lineOf('input.log', 1).message, /^Line 1 is delivered by way of general > end\.$/)
})

test('what cannot be found says why', async t => {
  const { observer } = await observe(t, { lines: LINES })
  observer.setStatus({ sources: ['input.log'] })
  assert.equal(observer.lineAt(0, 2).state, 'no_such_line')
  assert.equal(observer.lineOf('input.log', 3).state, 'not_read')
  const other = observer.lineOf('other.log', 1)
  assert.equal(other.state, 'no_such_file')
  assert.match(other.message, /No source is named other\.log\. There are: input\.log\./)
  observer.setStatus({ state: 'finished' })
  assert.equal(observer.lineOf('input.log', 3).state, 'no_such_line')
  const untraced = await observe(t, { lines: LINES, trace: false })
  assert.match(untraced.observer.lineAt(0, 0).message, /--trace/)
})

test('a line that waits says who has it', async t => {
  const waiting = [
    { sourceNumber: 0, offset: 8, lineNumber: 3, node: 0, attempt: 2, sinceMilliseconds: 5, isParked: true }
  ]
  const { observer } = await observe(t, { lanes: [{ lines: LINES, waiting }] })
  observer.setStatus({ sources: ['input.log'] })
  const line = observer.lineOf('input.log', 3)
  assert.equal(line.state, 'in_flight')
  assert.deepEqual([line.waits?.processor, line.waits?.attempt, line.waits?.is_parked], ['general', 2, true])
  assert.deepEqual(observer.lineAt(0, 8), line)
})

test('a secret in a line that is found is masked', async t => {
  const { observer } = await observe(t, { lines: [delivered('key hunter2x', [0, 1])], secrets: ['hunter2x'] })
  observer.traces(1)
  assert.equal(observer.lineAt(0, 0).line, 'key ***')
})

test('a name means the sources that are called so, else those that end so, else a number', () => {
  const sources = ['a/x.log', 'x.log', 'b/x.log', '0']
  assert.deepEqual(sourcesNamed('x.log', sources), [1])
  assert.deepEqual(sourcesNamed('b/x.log', sources), [2])
  assert.deepEqual(sourcesNamed('0', sources), [3])
  assert.deepEqual(sourcesNamed('2', sources), [2])
  assert.deepEqual(sourcesNamed('9', sources), [])
  assert.deepEqual(sourcesNamed('.log', sources), [])
})
