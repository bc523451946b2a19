// Journeys that lanes have kept, with times and values. Each is handed on once, and only when a snapshot stands behind
// it: what a lane had kept after its last one is void when it dies, for its lines run again.
//
// The newest stay here too, bounded in number and in bytes; what was forgotten is counted.

import type { KeptJourney } from '../contract/journey.ts'
import type { Trace, Traces } from '../contract/trace.ts'
import { KEEP_REASONS } from '../contract/word-lists.ts'
import { type KeptRecord, LANE } from '../shared-memory/index.ts'
import { type KeptInLane, keptTraceOf, reasonsOf } from './kept-trace.ts'
import type { LaneReader } from './lane-reader.ts'
import type { Reveal } from './reveal.ts'
import { journeyId, type Names } from './trace-answer.ts'

const MOST_JOURNEYS = 2_000
const MOST_BYTES = 16 * 1024 * 1024
/** What a hop costs beside its values. */
const HOP_BYTES = 200

export interface KeptJourneysOptions {
  readonly lanes: readonly LaneReader[]
  readonly reveal: Reveal
  readonly names: () => Names
  /** Takes each kept journey once; whatever becomes of it there, nothing waits for it. */
  readonly keep: ((journeys: readonly KeptJourney[]) => void) | undefined
}

export class KeptJourneys {
  /** Journeys that had to give way to newer ones. */
  #forgotten = 0
  readonly #options: KeptJourneysOptions
  /** Read, and not in a snapshot yet. */
  #waiting: KeptInLane[] = []
  /** By id, the oldest first. */
  readonly #kept = new Map<string, KeptInLane>()
  #bytes = 0

  constructor(options: KeptJourneysOptions) {
    this.#options = options
  }

  /** Lanes have been polled just before. */
  poll(): void {
    for (const lane of this.#options.lanes) {
      for (const record of lane.kept?.poll() ?? []) this.#waiting.push({ lane, record })
    }
    if (this.#waiting.length === 0) return
    const settled = this.#waiting.filter(isSettled)
    this.#waiting = this.#waiting.filter(each => !isSettled(each) && !isVoid(each))
    if (settled.length === 0) return
    for (const each of settled) this.#remember(each)
    const { keep, names, reveal } = this.#options
    if (keep === undefined) return
    const allNames = names()
    keep(
      settled.map(each => ({
        trace: keptTraceOf(each, allNames, reveal),
        reasons: reasonsOf(each.record),
        weight: each.record.weight
      }))
    )
  }

  /** With times and values; undefined when it was not kept or is not here any more. */
  find(id: string): Trace | undefined {
    const found = this.#kept.get(id)
    return found === undefined ? undefined : keptTraceOf(found, this.#options.names(), this.#options.reveal)
  }

  /** The newest, oldest first. */
  newest(limit: number): Trace[] {
    const { names, reveal } = this.#options
    return [...this.#kept.values()].slice(-limit).map(each => keptTraceOf(each, names(), reveal))
  }

  /** `totals`: sums of the lanes' counters. */
  summary(totals: Float64Array): Traces['kept'] {
    return {
      written: totals[LANE.kept_written],
      shed: totals[LANE.kept_shed],
      forgotten: this.#forgotten,
      rules: KEEP_REASONS.map(reason => ({
        reason,
        matched: totals[LANE[`matched_${reason}`]],
        kept: totals[LANE[`kept_${reason}`]]
      }))
    }
  }

  /** Each made when it is asked for, the newest first. */
  *newestFirst(): Generator<Trace> {
    const { names, reveal } = this.#options
    for (const each of [...this.#kept.values()].reverse()) yield keptTraceOf(each, names(), reveal)
  }

  #remember(each: KeptInLane): void {
    const id = journeyId(each.record)
    const known = this.#kept.get(id)
    if (known !== undefined) this.#forget(id, known)
    this.#kept.set(id, each)
    this.#bytes += costOf(each.record)
    for (const [oldestId, oldest] of this.#kept) {
      if (this.#kept.size <= MOST_JOURNEYS && this.#bytes <= MOST_BYTES) break
      this.#forget(oldestId, oldest)
      this.#forgotten++
    }
  }

  #forget(id: string, { record }: KeptInLane): void {
    this.#kept.delete(id)
    this.#bytes -= costOf(record)
  }
}

/** Of a lane that died, what its death says; nobody knows of a death so long ago that it is not told any more. */
function isSettled({ lane, record }: KeptInLane): boolean {
  if (lane.epoch === record.epoch) return record.sequence < lane.values[LANE.kept_written]
  const voidFrom = voidFromOf(lane, record)
  return voidFrom !== undefined && record.sequence < voidFrom
}

function isVoid({ lane, record }: KeptInLane): boolean {
  const voidFrom = voidFromOf(lane, record)
  return voidFrom === undefined ? record.epoch < lane.epoch : record.sequence >= voidFrom
}

function voidFromOf(lane: LaneReader, record: KeptRecord): number | undefined {
  return lane.kept?.deaths().find(({ epoch }) => epoch === record.epoch)?.voidFrom
}

function costOf({ text, hops }: KeptRecord): number {
  let bytes = text.byteLength
  for (const { before, emissions, attempts } of hops) {
    bytes += HOP_BYTES + 2 * (before?.text.length ?? 0) + attempts.length * HOP_BYTES
    for (const { value } of emissions) bytes += 2 * (value?.text.length ?? 0)
  }
  return bytes
}
