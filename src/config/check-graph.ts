// What is wrong with a pipeline as a graph: processors that no line can reach, cycles that no line can leave.

import { quote, quoteList } from '../base/quote.ts'
import type { Connection } from './connect.ts'
import type { Problems } from './problems.ts'
import type { ProcessorDraft } from './processors.ts'

export interface Graph {
  readonly processors: readonly ProcessorDraft[]
  readonly connections: readonly Connection[]
  readonly entry: number
  readonly maxHops: number
}

// These pass every line on, so a cycle of them never ends. Any other may drop or fail.
const NEVER_DROP: ReadonlySet<string> = new Set(['uppercase', 'lowercase', 'trim', 'snakecase', 'to_json', 'delay'])

export function checkGraph(graph: Graph, problems: Problems): void {
  const reached = reachedFrom(graph)
  checkReachable(graph, reached, problems)
  // Where a line may go must be known in full before it can be said that it never gets out.
  if (graph.connections.some(({ isIncomplete }) => isIncomplete)) return
  for (const cycle of closedCycles(graph, reached)) reportCycle(cycle, graph, problems)
}

function checkReachable(
  { processors, connections, entry }: Graph,
  reached: ReadonlySet<number>,
  problems: Problems
): void {
  // What an unknown processor emits may lead anywhere.
  if (processors.some(({ behaviour }) => behaviour === undefined)) return
  processors.forEach((processor, id) => {
    if (reached.has(id)) return
    const isOnlyItself = connections[id].tags.some(({ target }) => target === id) || connections[id].target === id
    const why = isOnlyItself ? 'only itself leads to it' : `nothing leads to it from ${quote(processors[entry].name)}`
    problems.add(
      processor.entry,
      `the processor ${quote(processor.name)} cannot be reached: ${why}`,
      'Connect or remove it.'
    )
  })
}

function reachedFrom({ connections, entry }: Graph): Set<number> {
  const reached = new Set([entry])
  for (const id of reached) {
    const connection = connections[id]
    if (connection === undefined) continue
    const { onError } = connection
    for (const next of [...targets(connection), ...connection.suspected]) reached.add(next)
    if (onError.kind === 'to' && !connection.isIncomplete) reached.add(onError.target)
  }
  return reached
}

/** Where lines go that did not fail. A sink has no connection. */
function targets(connection: Connection | undefined): number[] {
  if (connection === undefined) return []
  const { tags, target } = connection
  return target === undefined ? tags.map(tag => tag.target) : [target]
}

/** Sets of reached processors that lead into one another and nowhere else. */
function closedCycles({ processors, connections }: Graph, reached: ReadonlySet<number>): number[][] {
  const open = leadingOut(processors.length, connections)
  const cycles: number[][] = []
  const seen = new Set<number>()
  for (let id = 0; id < processors.length; id += 1) {
    if (!reached.has(id) || open.has(id) || seen.has(id)) continue
    const within = leadsTo(id, connections)
    // In the innermost cycle every processor leads back to the one that it was entered by.
    if (!within.has(id) || ![...within].every(each => leadsTo(each, connections).has(id))) continue
    const cycle = [...within].toSorted((a, b) => a - b)
    for (const each of cycle) seen.add(each)
    cycles.push(cycle)
  }
  return cycles
}

/** Processors from which a line can get to a sink or an end. */
function leadingOut(processorCount: number, connections: readonly Connection[]): Set<number> {
  const sources = new Map<number, number[]>()
  const open = new Set<number>()
  for (let id = 0; id < processorCount; id += 1) {
    const next = targets(connections[id])
    if (next.length === 0 || next.some(target => target >= processorCount)) open.add(id)
    for (const target of next) sources.set(target, [...(sources.get(target) ?? []), id])
  }
  for (const id of open) for (const source of sources.get(id) ?? []) open.add(source)
  return open
}

/** Everything that a line at this processor can get to. */
function leadsTo(id: number, connections: readonly Connection[]): Set<number> {
  const found = new Set(targets(connections[id]))
  for (const each of found) for (const next of targets(connections[each])) found.add(next)
  return found
}

function reportCycle(cycle: readonly number[], { processors, maxHops }: Graph, problems: Problems): void {
  const members = cycle.map(id => processors[id])
  const names = members.map(({ name }) => name)
  const first = members[0]
  const what =
    names.length === 1
      ? `the processor ${quote(first.name)} leads only to itself`
      : `the processors ${quoteList(names)} lead only to one another`
  if (members.every(passesEveryLine)) {
    const hint = `Every line would go round until it is a dead letter after ${maxHops} visits: connect one of them to a sink.`
    problems.add(first.entry, what, hint)
  } else {
    problems.warn(first.entry, `${what}: a line leaves only when one of them drops it or fails`)
  }
}

function passesEveryLine({ behaviour, onError }: ProcessorDraft): boolean {
  const component = behaviour?.component.reference
  if (component?.kind !== 'builtin' || onError.kind === 'to') return false
  // A route without a default says so as a warning.
  return NEVER_DROP.has(component.name) || (component.name === 'route' && behaviour?.warnings.length === 0)
}
