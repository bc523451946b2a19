// The plan as an observer sees it: names and numbers only.

import type { PipelineDescription } from '../contract/pipeline.ts'
import { edgeBases, nodeNames, type Plan, processorTargets } from '../engine/index.ts'

export function describePlan(plan: Plan): PipelineDescription {
  const names = nodeNames(plan)
  const bases = edgeBases(plan)
  return {
    name: plan.name,
    source: plan.source.type,
    sources: [],
    entry: plan.entry,
    processors: plan.processors.map((processor, id) => ({
      name: processor.name,
      tags: processorTargets(processor).flatMap((target, index) => {
        if (target === -1) return []
        const isErrorTag = index === processorTargets(processor).length - 1 && processor.onError.kind === 'to'
        const tag = isErrorTag ? 'on_error' : (processor.tags[index]?.tag ?? names[target])
        return [{ tag, target, edge: bases[id] + index, ...(isErrorTag ? { isForFailed: true as const } : {}) }]
      })
    })),
    sinks: plan.sinks.map(({ name, type }) => ({ name, type }))
  }
}
