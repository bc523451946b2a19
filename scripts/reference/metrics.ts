// The list of metrics in docs/metrics.md, from what /metrics answers.

import { Observer } from '../../src/observer/observer.ts'
import { createReveal } from '../../src/observer/reveal.ts'
import { LiveHub } from '../../src/server/live/hub.ts'
import { createRegion } from '../../src/shared-memory/index.ts'
import { table } from './markdown.ts'

const PIPELINE = {
  name: 'pipeline',
  sources: [],
  entry: 0,
  processors: [{ name: 'start', tags: [{ tag: 'end', target: 1, edge: 0 }] }],
  sinks: [{ name: 'end', type: 'file' }]
}
const SHAPE = { processorCount: 1, sinkCount: 1, edgeCount: 1, trace: false, chunkSlots: 0, chunkSlotBytes: 0 }

export function metricsTable(): string {
  const observer = new Observer({
    pipeline: PIPELINE,
    regions: [createRegion(SHAPE)],
    reveal: createReveal(),
    version: ''
  })
  const families = [...observer.metrics(false), ...new LiveHub(observer).metrics()]
  const rows = families.map(({ name, type, help, samples }) => {
    const labels = Object.keys(samples[0]?.labels ?? {}).map(label => `\`${label}\``)
    return [`\`${name}\``, type, labels.join(', '), help]
  })
  return table(['metric', 'type', 'labels', 'what it says'], rows)
}
