// Compares what the engine made of a graph with what the interpreter says. Where work is undone (an entering line that
// became too many lines, or a run that stopped), how far the engine had come is nobody's business: results are compared
// all the same, and counts of work must be at least those of the work that stands.

import assert from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'

import type { EngineRun } from './engine-run.ts'
import type { Graph, Journey, Leaf, Letter, Outcome } from './graph.ts'

/** Where a run that is asked to stop does so depends on the clock: the graph with the lines that it has read. */
export function linesRead(graph: Graph, { counters }: EngineRun): Graph {
  return graph.stopsAtSnapshot === undefined ? graph : { ...graph, maxLines: counters.entered }
}

/** Throws an error that names the seed and the first difference. */
export function compare(graph: Graph, run: EngineRun, expected: Outcome): void {
  const actual = withoutUndoneWork(run.outcome)
  const same = (what: string, engine: unknown, interpreter: unknown) => {
    if (isDeepStrictEqual(engine, interpreter)) return
    throw new Error(`graph ${graph.seed}: ${what}\n${firstDifference(engine, interpreter)}`)
  }
  checkLedgers(graph, run)
  same('end', endOf(actual.stop), endOf(expected.stop))
  for (const name of graph.sinks) {
    same(`bytes of sink ${name}`, linesOf(actual.sinks.get(name)!), linesOf(expected.sinks.get(name)!))
  }
  same('dead letters', actual.letters, expected.letters)
  same('journeys', actual.journeys, expected.journeys)
  compareHops(actual, expected, same)
  same('paths', sorted(actual.paths), sorted(expected.paths))
  compareCounts(run, expected, same)
  same('late emissions that were taken', run.acceptedLate, 0)
}

function checkLedgers({ seed }: Graph, { ledgers, unbalanced, counters }: EngineRun): void {
  if (unbalanced.length > 0) throw new Error(`graph ${seed}: ${unbalanced.length} books are off: ${unbalanced[0]}`)
  for (const [index, ledger] of ledgers.entries()) {
    if (ledger.unaccounted === 0) continue
    throw new Error(`graph ${seed}: snapshot ${index} of ${ledgers.length} is off: ${JSON.stringify(ledger)}`)
  }
  assert.equal(ledgers.at(-1)!.inFlight, 0, `graph ${seed}: lines in flight at the end`)
  assert.equal(counters.settled_lines, counters.entered, `graph ${seed}: settled lines`)
  assert.equal(counters.journeys_dropped + counters.journeys_overwritten, 0, `graph ${seed}: lost journeys`)
}

/** Of every line that has a kept journey; how many must have one is for the test to say. */
function compareHops(actual: Outcome, expected: Outcome, same: (what: string, a: unknown, b: unknown) => void): void {
  for (const [place, hops] of actual.hops) {
    const wanted = expected.hops.get(place)
    if (wanted !== undefined) same(`hops of ${place}`, hops, wanted)
  }
}

const EXACT = new Set(['entered', 'forked', 'delivered', 'dropped', 'dead', 'unmatched'])

function compareCounts(
  { outcome, counters }: EngineRun,
  { counts: expected, letters, stop }: Outcome,
  same: (what: string, engine: unknown, interpreter: unknown) => void
): void {
  const isWhole = stop === undefined && !letters.some(({ code }) => code === 'fanout_limit')
  const { counts } = outcome
  const knowsFailures = counters.errors_shed === 0
  for (const key of new Set([...counts.keys(), ...expected.keys()])) {
    if (key.includes(' attempt ') && !knowsFailures) continue
    const [engine, interpreter] = [counts.get(key) ?? 0, expected.get(key) ?? 0]
    if (isWhole || EXACT.has(key)) same(key, engine, interpreter)
    else if (engine < interpreter) same(`${key}, of which there must be at least as many`, engine, interpreter)
  }
}

/** Of an undone line nothing counts but that it is one. */
function withoutUndoneWork(outcome: Outcome): Outcome {
  const undone = new Set(outcome.letters.filter(({ code }) => code === 'fanout_limit').map(({ place }) => place))
  const paths = new Map([...outcome.paths])
  const journeys = outcome.journeys.map((journey): Journey => {
    if (!undone.has(journey.place)) return journey
    const leaves = journey.leaves.map((leaf): Leaf => {
      add(paths, `${leaf.path.join(' > ')}: dead`, -1)
      add(paths, ': dead', 1)
      return { ...leaf, path: [], isChanged: false }
    })
    return { ...journey, leaves }
  })
  const letters = outcome.letters.map((letter): Letter => {
    if (letter.code !== 'fanout_limit') return letter
    return { ...letter, processor: '', tag: '', journey: [], value: undefined }
  })
  return { ...outcome, letters, journeys, paths }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const sum = (counts.get(key) ?? 0) + by
  if (sum === 0) counts.delete(key)
  else counts.set(key, sum)
}

/** Two instances of one line may both stop the run, and either may be told: the place is the same. */
function endOf(stop: string | undefined): string | undefined {
  return stop?.match(/input-\d+:\d+/)?.[0] ?? stop
}

function sorted(counts: Map<string, number>): [string, number][] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Of two lists their first elements that differ, of anything else the whole. */
function firstDifference(engine: unknown, interpreter: unknown): string {
  if (Array.isArray(engine) && Array.isArray(interpreter)) {
    const index = [...engine, undefined].findIndex((value, at) => !isDeepStrictEqual(value, interpreter[at]))
    const at = index === -1 ? engine.length : index
    return `at ${at} of ${engine.length} and ${interpreter.length}: ${firstDifference(engine[at], interpreter[at])}`
  }
  return `engine: ${inspect(engine, { depth: 6 })}\ninterpreter: ${inspect(interpreter, { depth: 6 })}`
}

function linesOf(bytes: Buffer): string[] {
  return bytes.toString('latin1').split('\n')
}
