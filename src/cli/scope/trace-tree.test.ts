import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Trace } from '../../contract/trace.ts'
import { displayWidth } from '../display-width.ts'
import { describeTrace } from './trace-tree.ts'

const UNTIMED = {
  tag: null,
  started_at: null,
  is_estimated: null,
  waited: null,
  before: null,
  before_is_cut: false,
  after: null,
  after_is_cut: false,
  emitted: null,
  attempts: null,
  outcome: 'emitted',
  reason: null
} as const

type Way = readonly [processor: string, parent: number | null, duration?: number | null, value?: string]

function traceOf(ways: readonly Way[], leaves: Trace['leaves'], more: Partial<Trace> = {}): Trace {
  return {
    id: '0:7',
    replay_of: null,
    line: 'a line',
    line_bytes: 6,
    line_is_cut: false,
    file: 'in.log',
    line_number: 2,
    path: ways.map(([name]) => name),
    route: '',
    outcome: 'delivered',
    reason: null,
    was_changed: false,
    had_errors: false,
    read_at: '2026-11-24T09:41:07.000Z',
    settled_at: '2026-11-24T09:41:07.250Z',
    hops: ways.map(([processor, parent, duration = null, value = null]) => {
      return { ...UNTIMED, processor, parent, duration, value }
    }),
    leaves,
    leaves_are_cut: false,
    reasons: null,
    weight: null,
    hops_are_cut: false,
    ...more
  }
}

function treeOf(trace: Trace, width = 80): string[] {
  const lines = describeTrace(trace, width).split('\n')
  return lines.slice(lines.indexOf('') + 1)
}

const leaf = (hop: number | null, outcome: Trace['outcome'], reason: string | null = null) => {
  return { id: '0:7', hop, outcome, reason }
}

describe('a journey as text', () => {
  test('without a fork is a list that ends with what became of the line', () => {
    const trace = traceOf(
      [
        ['start', null],
        ['end', 0]
      ],
      [leaf(1, 'delivered')]
    )
    assert.deepEqual(treeOf(trace), ['start', 'end', '  ✓ delivered'])
  })

  test('that forked in three has a branch for each, with its own outcome', () => {
    const trace = traceOf(
      [
        ['start', null],
        ['a', 0],
        ['end', 1],
        ['b', 0],
        ['c', 0],
        ['end', 4]
      ],
      [leaf(2, 'delivered'), leaf(3, 'dropped', 'too old'), leaf(5, 'delivered')],
      { outcome: 'delivered' }
    )
    assert.deepEqual(treeOf(trace), [
      'start',
      '├ a',
      '│ end',
      '│   ✓ delivered',
      '├ b',
      '│   ○ dropped: too old',
      '└ c',
      '  end',
      '    ✓ delivered'
    ])
  })

  test('shows times and values where they are kept, and that nothing was visited', () => {
    const timed = traceOf(
      [
        ['start', null, 0.0012, 'a line'],
        ['long name', 0, null, 'A \x1b[31mLINE']
      ],
      [leaf(1, 'dead')]
    )
    assert.deepEqual(treeOf(timed), ['start      1.20 ms  a line', 'long name  A \\x1b[31mLINE', '  ✗ dead'])
    assert.deepEqual(treeOf(traceOf([], [leaf(null, 'dead', 'too long')])), ['✗ dead: too long'])
  })

  test('that failed twice, then passed, has its tries below the step', () => {
    const trace = traceOf(
      [
        ['step', null, 0.5, 'a'],
        ['end', 0]
      ],
      [leaf(1, 'delivered')]
    )
    const failed = (attempt: number) => {
      return { attempt, started_at: null, duration: 0.1, error: { name: 'Error', message: 'busy\nstill' } }
    }
    const attempts = [failed(1), failed(2), { attempt: 3, started_at: null, duration: 0.1, error: null }]
    const hops = [{ ...trace.hops[0], attempts }, trace.hops[1]]
    assert.deepEqual(treeOf({ ...trace, hops }), [
      'step                                      500 ms  a',
      '  try 1 failed after 100 ms: Error: busy\\nstill',
      '  try 2 failed after 100 ms: Error: busy\\nstill',
      'end',
      '  ✓ delivered'
    ])
  })

  test('is never wider than the terminal, and quick however long it is', () => {
    const ways = Array.from({ length: 5_000 }, (_, index): Way => ['日本語', index === 0 ? null : index - 1])
    const text = describeTrace(traceOf(ways, [leaf(4_999, 'delivered')], { line: 'x'.repeat(500) }), 40)
    assert.equal(text.split('\n').length, 5_005)
    for (const line of text.split('\n')) assert.ok(displayWidth(line) <= 40)
  })
})
