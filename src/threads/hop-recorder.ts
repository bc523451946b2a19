// Tells the tree of each line, with the value at every hop: what `try` and a dry run of a replay show.

import type { Batch } from '../engine/batch.ts'
import type { LaneObserver } from '../engine/index.ts'
import type { LineValue } from '../sdk/line.ts'
import { decodeLeaf, type OutcomeName, type StringReader } from '../shared-memory/index.ts'

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
