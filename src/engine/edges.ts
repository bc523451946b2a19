// The numbers under which emitted lines are counted: one for each processor and tag, and one for `on_error: { to }`.

import type { NodeWays } from '../shared-memory/index.ts'
import type { Plan, ProcessorPlan } from './plan.ts'

/** Node ids by tag index; a mapper has one, -1 at an end. */
export function ownTargets(processor: ProcessorPlan): number[] {
  if (processor.tags.length > 0) return processor.tags.map(tag => tag.target)
  // A mapper has one way out, which is none at an end; a consumer that emits has no tags at all.
  return processor.isEnd || processor.target !== undefined ? [processor.target ?? -1] : []
}

/** Node ids by edge: the tags in order, then where failed lines go. */
export function processorTargets(processor: ProcessorPlan): number[] {
  const own = ownTargets(processor)
  return processor.onError.kind === 'to' ? [...own, processor.onError.target] : own
}

/** Number of each processor's first edge, and, as the last entry, of all edges. */
export function edgeBases(plan: Plan): number[] {
  const bases = [0]
  for (const processor of plan.processors) bases.push(bases[bases.length - 1] + processorTargets(processor).length)
  return bases
}

/** By node: the numbers of the edges that lead to it, and of those that lead from it to another one. */
export function nodeWays(plan: Plan): NodeWays[] {
  const bases = edgeBases(plan)
  const ways = Array.from({ length: plan.processors.length + plan.sinks.length }, () => ({
    into: [] as number[],
    out: [] as number[]
  }))
  for (const [id, processor] of plan.processors.entries()) {
    for (const [index, target] of processorTargets(processor).entries()) {
      if (target === -1) continue
      ways[target].into.push(bases[id] + index)
      ways[id].out.push(bases[id] + index)
    }
  }
  return ways
}

/** Ids of the processors that a processor sends lines to. */
export function successors(plan: Plan, id: number): number[] {
  const targets = processorTargets(plan.processors[id])
  return [...new Set(targets)].filter(target => target >= 0 && target < plan.processors.length)
}

/** By processor: how many edges lead to it, the entry counting one. */
export function countSenders(plan: Plan): number[] {
  const senders = plan.processors.map(() => 0)
  for (const processor of plan.processors) {
    for (const target of processorTargets(processor)) {
      if (target >= 0 && target < senders.length) senders[target]++
    }
  }
  senders[plan.entry]++
  return senders
}
