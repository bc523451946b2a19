// What a run is known by: the same pipeline with the same source and sinks finds the same state folder.

import type { LoadedPlan } from '../config/load-plan.ts'
import type { RunIdentity } from '../state/state-folder.ts'

export function runIdentity(plan: LoadedPlan['plan']): RunIdentity {
  return {
    pipelineName: plan.name,
    pipelineFile: plan.file,
    sources: [identityOf(plan.source)],
    sinks: plan.sinks.map(identityOf)
  }
}

function identityOf({ type, options }: { readonly type: string; readonly options: unknown }): string {
  return JSON.stringify([type, options])
}
