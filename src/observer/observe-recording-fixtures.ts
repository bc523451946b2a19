// An observer over lanes that have recorded what a test gave them. A lane that hangs has a thread of its own; any other
// records here, which is the same memory sooner.

import type { TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { PipelineDescription } from '../contract/pipeline.ts'
import { createRegion, type Region } from '../shared-memory/index.ts'
import { Observer } from './observer.ts'
import { type LaneScript, type RecordedLine, RecordingLane, recordScript } from './recording-lane-fixtures.ts'
import { createReveal } from './reveal.ts'

export interface RecordedRun {
  /** Names of processors; the first is the entry, and each has one tag for each sink. */
  readonly processors?: readonly string[]
  readonly sinks?: readonly string[]
  readonly trace?: boolean
  readonly secrets?: readonly string[]
  /** Lines of each lane; one lane when left out. */
  readonly lanes?: readonly Partial<LaneScript>[]
  readonly lines?: readonly RecordedLine[]
}

/** Resolves when every lane has recorded its lines. Threads end with the test. */
export async function observe(
  t: TestContext,
  run: RecordedRun = {}
): Promise<{ observer: Observer; regions: Region[] }> {
  const pipeline = describePipeline(run.processors ?? ['general'], run.sinks ?? ['end'])
  const lanes = run.lanes ?? [{ lines: run.lines ?? [] }]
  const regions: Region[] = []
  for (const lane of lanes) {
    const region = regionFor(pipeline, run.trace ?? true)
    await startLane(t, { lines: [], state: 'running', ...lane, region })
    regions.push(region)
  }
  const observer = new Observer({ pipeline, regions, reveal: createReveal(run.secrets), version: '1.2.3' })
  t.after(() => observer.stop())
  return { observer, regions }
}

/** A lane that records nothing by itself, and an observer of it. */
export function laneOf(
  t: Pick<TestContext, 'after'>,
  { processors, sinks }: { readonly processors: readonly string[]; readonly sinks: readonly string[] }
): { readonly lane: RecordingLane; readonly observer: Observer } {
  const pipeline = describePipeline(processors, sinks)
  const region = regionFor(pipeline, false)
  const lane = new RecordingLane(region)
  const observer = new Observer({ pipeline, regions: [region], reveal: createReveal(), version: '1.2.3' })
  t.after(() => observer.stop())
  return { lane, observer }
}

export function describePipeline(processors: readonly string[], sinks: readonly string[]): PipelineDescription {
  return {
    name: 'test pipeline',
    sources: ['input.log'],
    entry: 0,
    processors: processors.map((name, processor) => ({
      name,
      tags: sinks.map((tag, sink) => ({
        tag,
        target: processors.length + sink,
        edge: processor * sinks.length + sink
      }))
    })),
    sinks: sinks.map(name => ({ name, type: 'file' }))
  }
}

export function regionFor({ processors, sinks }: PipelineDescription, trace: boolean): Region {
  return createRegion({
    processorCount: processors.length,
    sinkCount: sinks.length,
    edgeCount: processors.length * sinks.length,
    trace,
    chunkSlots: 0,
    chunkSlotBytes: 0
  })
}

export async function startLane(t: TestContext, script: LaneScript): Promise<void> {
  if (script.hangIn === undefined) {
    recordScript(script)
    return
  }
  const worker = new Worker(new URL('./recording-lane-worker-fixtures.ts', import.meta.url), { workerData: script })
  t.after(() => worker.terminate())
  await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

/** The one step of most tests: a line that goes through the nodes and is delivered. */
export function delivered(text: string | Uint8Array, nodes: readonly number[]): RecordedLine {
  return { text, leaves: [{ nodes, outcome: 'delivered' }] }
}
