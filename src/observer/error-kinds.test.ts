import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ErrorKinds } from './error-kinds.ts'
import { observe } from './observe-recording-fixtures.ts'
import { createReveal } from './reveal.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function add(kinds: ErrorKinds, node: number, name: string, more: { code?: string; count?: number } = {}): void {
  kinds.add({ node, name: bytes(name), code: bytes(more.code ?? ''), count: more.count ?? 1 })
}

function told(kinds: ErrorKinds, nodes: readonly number[]): string[] {
  return kinds.counts(nodes).map(({ node, kind, count }) => `${node} ${kind} ${count}`)
}

test('errors are counted by code, else by class, for each processor', () => {
  const kinds = new ErrorKinds(createReveal())
  add(kinds, 0, 'TypeError')
  add(kinds, 0, 'TypeError', { count: 400 })
  add(kinds, 0, 'Error', { code: 'ECONNREFUSED' })
  add(kinds, 1, 'LinescopeError', { code: 'timeout' })
  add(kinds, -1, 'LinescopeError', { code: 'line_too_long' })
  add(kinds, 1, '__proto__')

  assert.deepEqual(told(kinds, [0, 1, 2]), [
    '0 TypeError 401',
    '0 ECONNREFUSED 1',
    '0 other 0',
    '1 timeout 1',
    '1 __proto__ 1',
    '1 other 0',
    '2 other 0',
    '-1 line_too_long 1',
    '-1 other 0'
  ])
})

test('kinds made of data are bounded, and each error is in some kind', () => {
  const kinds = new ErrorKinds(createReveal())
  for (let node = 0; node < 50; node++) {
    for (let number = 0; number < 100; number++) add(kinds, node, `E${number}`)
  }
  const counts = kinds.counts([])

  assert.ok(counts.length <= 550, `${counts.length}`)
  assert.equal(
    counts.reduce((sum, { count }) => sum + count, 0),
    5_000
  )
  const first = counts.filter(({ node }) => node === 0)
  assert.equal(first.length, 21)
  assert.deepEqual(first.at(-1), { node: 0, kind: 'other', count: 80 })
})

test('what cannot be a class or a code, or holds what is masked, is other', () => {
  const kinds = new ErrorKinds(createReveal(['geheim']))
  for (const name of ['', 'two words', 'x'.repeat(65), 'a"b', 'line\nend', 'x-geheim-y', '4111111111111111']) {
    add(kinds, 0, name)
  }

  assert.deepEqual(told(kinds, [0]), ['0 other 7'])
})

test('/metrics tells the kinds of errors that lanes have recorded', async t => {
  const errors = [
    { node: 0, message: 'no', name: 'RangeError' },
    { node: 0, message: 'gone', code: 'ENOENT' }
  ]
  const lines = [{ text: 'x', leaves: [{ nodes: [0], outcome: 'dead' as const }], errors }]
  const { observer } = await observe(t, { processors: ['a'], lines })
  const family = observer.metrics(false).find(({ name }) => name === 'linescope_processor_error_kinds_total')

  assert.deepEqual(
    family?.samples.map(sample => [sample.labels, 'value' in sample && sample.value]),
    [
      [{ processor: 'a', error_type: 'RangeError' }, 1],
      [{ processor: 'a', error_type: 'ENOENT' }, 1],
      [{ processor: 'a', error_type: 'other' }, 0],
      [{ processor: 'end', error_type: 'other' }, 0]
    ]
  )
})
