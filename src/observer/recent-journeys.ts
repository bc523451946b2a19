// The newest journeys of all lanes, as raw bytes. Bounded in number and in bytes; older ones give way.

import type { Journey } from '../shared-memory/index.ts'
import type { LaneReader } from './lane-reader.ts'
import { journeyId } from './trace-answer.ts'

export const KEPT_JOURNEYS = 1_000
const KEPT_BYTES = 4 * 1024 * 1024
/** What a leaf costs beside the text: its way through the pipeline is spelled out in answers. */
const LEAF_BYTES = 256

export interface RecentJourney {
  readonly lane: LaneReader
  readonly journey: Journey
}

export class RecentJourneys {
  readonly #lanes: readonly LaneReader[]
  #kept: RecentJourney[] = []
  #bytes = 0
  #taken = 0

  constructor(lanes: readonly LaneReader[]) {
    this.#lanes = lanes
  }

  /** Takes what the lanes have written since the last poll, but no more than can be kept. */
  poll(): void {
    for (const lane of this.#lanes) {
      const journeys = lane.journeys?.poll(pagesFor(lane, this.#averageTextBytes()), KEPT_JOURNEYS) ?? []
      for (const journey of journeys.slice(-KEPT_JOURNEYS)) this.#keep(lane, journey)
    }
    this.#forgetVoid()
    this.#forgetOldest()
  }

  /** How many were taken so far; a fast lane records more. */
  get taken(): number {
    return this.#taken
  }

  /** The newest `limit`, oldest first. */
  newest(limit: number): RecentJourney[] {
    const newest = this.#kept.slice(-limit)
    if (this.#lanes.length === 1) return newest
    return this.#kept.toSorted((a, b) => settledAt(a) - settledAt(b)).slice(-limit)
  }

  /** The journey of the line that begins there; a replay is no journey of that line. */
  at(lane: LaneReader, sourceNumber: number, offset: number): Journey | undefined {
    return this.#kept.findLast(
      each =>
        each.journey.offset === offset &&
        each.journey.sourceNumber === sourceNumber &&
        each.lane === lane &&
        each.journey.replay === undefined
    )?.journey
  }

  find(id: string): RecentJourney | undefined {
    return this.#kept.findLast(({ journey }) => journeyId(journey) === id)
  }

  #keep(lane: LaneReader, journey: Journey): void {
    // Its text is a view of a page's copy; since the newest are kept, only the oldest copy is kept for a part of it.
    this.#kept.push({ lane, journey })
    this.#taken++
    this.#bytes += costOf(journey)
  }

  /** A lane that died took back what it had recorded after its last snapshot: those lines run again. */
  #forgetVoid(): void {
    for (const lane of this.#lanes) {
      const deaths = lane.journeys?.deaths() ?? []
      if (deaths.length === 0) continue
      const isVoid = (each: RecentJourney): boolean =>
        each.lane === lane &&
        deaths.some(({ epoch, voidFrom }) => each.journey.epoch === epoch && each.journey.sequence >= voidFrom)
      for (const each of this.#kept) if (isVoid(each)) this.#bytes -= costOf(each.journey)
      this.#kept = this.#kept.filter(each => !isVoid(each))
    }
  }

  #forgetOldest(): void {
    let first = Math.max(0, this.#kept.length - KEPT_JOURNEYS)
    for (let index = 0; index < first; index++) this.#bytes -= costOf(this.#kept[index].journey)
    while (this.#bytes > KEPT_BYTES && first < this.#kept.length) this.#bytes -= costOf(this.#kept[first++].journey)
    if (first > 0) this.#kept = this.#kept.slice(first)
  }

  #averageTextBytes(): number | undefined {
    if (this.#kept.length === 0) return undefined
    return this.#kept.reduce((sum, { journey }) => sum + journey.text.byteLength, 0) / this.#kept.length
  }
}

function settledAt({ lane, journey }: RecentJourney): number {
  return lane.unixMilliseconds(journey.settledAtMilliseconds)
}

function costOf(journey: Journey): number {
  return journey.text.byteLength + journey.leaves.length * LEAF_BYTES
}

/** Full pages that surely hold as many journeys as are kept; a fast lane fills far more between two polls. */
function pagesFor(lane: LaneReader, averageTextBytes: number | undefined): number {
  const { journeyPages, journeyRecords, journeyTextBytes } = lane.region.limits
  if (averageTextBytes === undefined) return journeyPages
  const inPage = Math.min(journeyRecords, journeyTextBytes / (averageTextBytes + 1))
  return Math.min(journeyPages, Math.ceil((KEPT_JOURNEYS * 2) / Math.max(1, inPage)))
}
