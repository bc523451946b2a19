// What a lane is made of that leaves nothing behind: its sinks take everything, its dead letters go nowhere.

import { edgeBases, LaneParts, nodeNames, type Plan } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import { createRegion, StringReader } from '../shared-memory/index.ts'
import { HopRecorder, type TriedLine } from './hop-recorder.ts'

export async function createTrialParts(
  plan: Plan,
  registry: Registry,
  onLine: (line: TriedLine) => void
): Promise<LaneParts> {
  const bases = edgeBases(plan)
  const region = createRegion({
    processorCount: plan.processors.length,
    sinkCount: plan.sinks.length,
    edgeCount: bases[bases.length - 1],
    trace: false,
    chunkSlots: 0,
    chunkSlotBytes: 0
  })
  return await LaneParts.create({
    plan,
    region,
    epoch: 1,
    registry,
    sinks: plan.sinks.map(() => ({ write: () => undefined, length: undefined, close: () => undefined })),
    letters: { append: () => undefined, length: 0, close: () => undefined },
    valueOutput: undefined,
    log: () => undefined,
    observer: new HopRecorder(nodeNames(plan), new StringReader(region), onLine)
  })
}
