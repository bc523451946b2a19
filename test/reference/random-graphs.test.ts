// Random pipelines through the engine and through the interpreter: both must say the same.
//
// One graph again: LINESCOPE_SEED=559 node --test test/reference/random-graphs.test.ts

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { compare, linesRead } from './compare.ts'
import { runEngine } from './engine-run.ts'
import type { Graph, Outcome } from './graph.ts'
import { interpret } from './interpreter.ts'
import { frame } from './lines.ts'
import { randomGraph } from './random-graph.ts'

const GRAPHS = process.env['LINESCOPE_LONG'] === '1' ? 20_000 : 2_000
const SEED = process.env['LINESCOPE_SEED']
const SEEDS = SEED === undefined ? { from: 0, to: GRAPHS } : { from: Number(SEED), to: Number(SEED) + 1 }
// So that one's timers do not keep the others waiting.
const AT_ONCE = 4

/** What must occur among the graphs: a generator that stops making it makes the comparison say less. */
const OCCURRENCES: Readonly<Record<string, (graph: Graph, outcome: Outcome) => number>> = {
  'forked lines': (_, { counts }) => counts.get('forked') ?? 0,
  'forks of forks': (_, { letters }) => letters.filter(({ id }) => /\.\d\d/.test(id)).length,
  'unmatched lines': (_, { counts }) => counts.get('unmatched') ?? 0,
  'lines at ends without a sink': ({ sinks }, { counts }) => (sinks.length === 0 ? (counts.get('delivered') ?? 0) : 0),
  'lines at the hop limit': withCode('hop_limit'),
  'lines that became too many': withCode('fanout_limit'),
  'over-long lines': withCode('line_too_long'),
  'calls that never settle': withCode('timeout'),
  'records given to text steps': withCode('wrong_input'),
  'values that are no lines': withCode('wrong_value'),
  'values that cannot be JSON': withCode('not_json'),
  'runs that stop at an error': (_, { stop }) => (stop === undefined ? 0 : 1),
  retries: (_, { counts }) => sumOf(counts, ' retries'),
  'lines sent on by on_error': (_, { counts }) => [...counts].filter(([key]) => key.includes(' -(on_error)-> ')).length,
  'runs that are stopped on the way': ({ inputs, stopsAtSnapshot }, { journeys }) =>
    stopsAtSnapshot !== undefined && journeys.length < inputs.flatMap(frame).length ? 1 : 0,
  'sinks written to': (_, { sinks }) => [...sinks.values()].filter(({ length }) => length > 0).length,
  'lines that end in CRLF': ({ inputs }) => inputs.filter(({ bytes }) => bytes.includes('\r\n')).length,
  'inputs without a last newline': ({ inputs }) => inputs.filter(({ bytes }) => bytes.at(-1) !== 0x0a).length
}

test(`${GRAPHS} random pipelines give what the interpreter says, and every snapshot accounts for every line [A29]`, async () => {
  const occurrences = new Map<string, number>()
  const lines = { all: 0, withHops: 0 }
  let next = SEEDS.from
  const worker = async () => {
    while (next < SEEDS.to) {
      const graph = randomGraph(next++)
      const run = await runEngine(graph)
      const expected = interpret(linesRead(graph, run))
      compare(graph, run, expected)
      lines.all += run.outcome.journeys.length
      lines.withHops += run.outcome.hops.size
      for (const [what, of] of Object.entries(OCCURRENCES)) {
        occurrences.set(what, (occurrences.get(what) ?? 0) + of(graph, expected))
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  } finally {
    next = SEEDS.to
  }
  // Of all but those with more hops than there is room for.
  assert.ok(lines.withHops > 0.99 * lines.all, `hops were told of ${lines.withHops} lines of ${lines.all}`)
  if (SEED !== undefined) return
  const rare = [...occurrences].filter(([, count]) => count < GRAPHS / 50)
  assert.deepEqual(rare, [], 'these occur in too few graphs')
})

function withCode(code: string) {
  return (_: Graph, { letters }: Outcome) => letters.filter(letter => letter.code === code).length
}

function sumOf(counts: ReadonlyMap<string, number>, ending: string): number {
  let sum = 0
  for (const [key, count] of counts) if (key.endsWith(ending)) sum += count
  return sum
}
