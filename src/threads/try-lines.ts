// Runs a few lines through everything but the sinks and tells each one's tree, with the value at every hop.

import { type IterableInput, openIterable } from '../connectors/iterable/source.ts'
import type { Batch } from '../engine/batch.ts'
import { edgeBases, Lane, type LaneObserver, LaneParts, nodeNames, type Plan } from '../engine/index.ts'
import type { LineValue } from '../sdk/line.ts'
import type { Registry } from '../sdk/registry.ts'
import { createRegion, decodeLeaf, type OutcomeName, StringReader } from '../shared-memory/index.ts'

export interface TriedHop {
  readonly name: string
  /** What the processor or sink was given. */
  readonly value: LineValue
}

/** One way through the pipeline; a forked line has several, in the order in which they leave. */
export interface TriedWay {
  /** How many hops at its start it shares with the way before it. */
  readonly sharedHops: number
  /** All hops, those shared included. */
  readonly hops: readonly TriedHop[]
  readonly outcome: OutcomeName
  /** Why it was dropped, what failed, or the tag that nothing is named after. */
  readonly reason: string | undefined
  readonly failedAttempts: readonly string[]
}

export interface TriedLine {
  /** Of a replay: its number among the letters. */
  readonly lineNumber: number
  readonly text: string
  readonly ways: readonly TriedWay[]
}

/** Resolves when all lines have come to an end. Rejects when a processor stops the run. */
export async function tryLines(
  plan: Plan,
  registry: Registry,
  lines: IterableInput,
  onLine: (line: TriedLine) => void
): Promise<void> {
  const bases = edgeBases(plan)
  const region = createRegion({
    processorCount: plan.processors.length,
    sinkCount: plan.sinks.length,
    edgeCount: bases[bases.length - 1],
    trace: false,
    chunkSlots: 0,
    chunkSlotBytes: 0
  })
  const parts = await LaneParts.create({
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
  const end = await new Lane(parts, openIterable(lines), Number.POSITIVE_INFINITY).run()
  if (end.reason === 'failed' || end.reason === 'stop_on_error') throw new Error(end.message)
}

export class HopRecorder implements LaneObserver {
  readonly #names: readonly string[]
  readonly #strings: StringReader
  readonly #onLine: (line: TriedLine) => void
  /** By batch, then by item: the hops since the item came to be. */
  readonly #hops = new Map<Batch, Map<number, TriedHop[]>>()

  constructor(names: readonly string[], strings: StringReader, onLine: (line: TriedLine) => void) {
    this.#names = names
    this.#strings = strings
    this.#onLine = onLine
  }

  arriving(node: number, batch: Batch, queue: Batch['queues'][number], to: number): void {
    const items = this.#hops.get(batch) ?? new Map<number, TriedHop[]>()
    this.#hops.set(batch, items)
    for (let at = queue.head; at < to; at++) {
      const item = queue.items[at]
      const hop = { name: this.#names[node], value: batch.values[item] }
      const hops = items.get(item)
      if (hops === undefined) items.set(item, [hop])
      else hops.push(hop)
    }
  }

  settling(batch: Batch, lines: number): void {
    const items = this.#hops.get(batch) ?? new Map<number, TriedHop[]>()
    this.#hops.delete(batch)
    for (let line = 0; line < lines; line++) {
      const ways: TriedWay[] = []
      let previous: readonly TriedHop[] = []
      for (let item = line; item !== -1 && batch.rootOf(item) === line; item = batch.nextOf(item)) {
        const { outcome, detail } = decodeLeaf(batch.outcome[item])
        if (outcome === undefined) continue
        const sharedHops = item === line ? 0 : batch.forkDepth[item]
        const hops = [...previous.slice(0, sharedHops), ...(items.get(item) ?? [])]
        const sink = outcome === 'delivered' ? this.#names[detail] : undefined
        if (sink !== undefined && hops[hops.length - 1]?.name !== sink)
          hops.push({ name: sink, value: batch.values[item] })
        const failedAttempts = (batch.attempts.get(item) ?? []).map(attempt => attempt.message)
        ways.push({ sharedHops, hops, outcome, reason: this.#reason(batch, item, outcome, detail), failedAttempts })
        previous = hops
      }
      const text = batch.lineBytes(line).toString('utf8')
      const lineNumber = batch.replay?.lines[line].mark.index ?? batch.firstLineNumber + line
      this.#onLine({ lineNumber, text, ways })
    }
  }

  #reason(batch: Batch, item: number, outcome: OutcomeName, detail: number): string | undefined {
    const dead = batch.dead.get(item)
    if (outcome === 'dropped') return this.#strings.text(detail)
    if (dead === undefined) return undefined
    return dead.kind === 'unmatched' ? `nothing is named "${dead.tag}"` : dead.error?.message
  }
}
