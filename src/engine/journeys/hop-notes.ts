// What a batch remembers of its hops until it settles, so that the journeys worth keeping can be told with times and
// values. Everything else follows from paths and from the values at the end; without tracing there are no notes.
//
// Strings never change, so a value from before a step is a reference. The first change of a line is no note at all:
// what it was before are the bytes that entered (see `firstChange` of the batch).

import type { LineValue } from '../../sdk/line.ts'

/** One try of a processor with an item. Times are of this thread's clock; NaN where nobody looked at it. */
export interface CallNote {
  readonly item: number
  /** The path that ends with the visit. */
  readonly path: number
  readonly attempt: number
  readonly startedAt: number
  readonly milliseconds: number
  readonly error: { readonly name: string; readonly message: string } | undefined
  /** There was no further try. */
  readonly isFinal: boolean
  /** It may have waited for another call to end. */
  readonly isQueued: boolean
}

/** Which tag an item left a visit by, where that does not follow from where it went, and why. */
export interface WayNote {
  readonly item: number
  readonly path: number
  readonly tag: number
  readonly because: string | undefined
}

/** A processor or sink had lines of the batch. */
export interface VisitNote {
  readonly node: number
  readonly startedAt: number
  /** For each line, on average. */
  milliseconds: number
}

// More than a batch has unless its lines go round in cycles. Beyond, values are unknown rather than wrong.
const MAX_CHANGES = 32_768
const MAX_NOTES = 32_768

export class HopNotes {
  /** Changes were not noted: what values lines had on the way is not known. */
  isFull = false
  calls: CallNote[] = []
  ways: WayNote[] = []
  visits: VisitNote[] = []
  /** Lines whose journeys a processor wants kept. */
  readonly kept = new Set<number>()
  #items = new Int32Array(256)
  #paths = new Int32Array(256)
  #values: LineValue[] = []
  #count = 0

  /** The item had this value before the visit that the path ends with. */
  change(item: number, path: number, before: LineValue): void {
    const index = this.#count
    if (index === this.#items.length && !this.#grow()) return
    this.#items[index] = item
    this.#paths[index] = path
    this.#values[index] = before
    this.#count = index + 1
  }

  call(note: CallNote): void {
    if (this.calls.length < MAX_NOTES) this.calls.push(note)
  }

  way(note: WayNote): void {
    if (this.ways.length < MAX_NOTES) this.ways.push(note)
  }

  visit(node: number, startedAt: number, milliseconds = 0): VisitNote {
    const visit = { node, startedAt, milliseconds }
    if (this.visits.length < MAX_NOTES) this.visits.push(visit)
    return visit
  }

  keep(line: number): void {
    this.kept.add(line)
  }

  /** By path: what the item was before each visit that changed it, but for its first change. */
  changesOf(item: number): Map<number, LineValue> {
    const changes = new Map<number, LineValue>()
    for (let index = 0; index < this.#count; index++) {
      if (this.#items[index] === item) changes.set(this.#paths[index], this.#values[index])
    }
    return changes
  }

  clear(): void {
    this.isFull = false
    if (this.#count > 0) this.#values = []
    this.#count = 0
    if (this.calls.length > 0) this.calls = []
    if (this.ways.length > 0) this.ways = []
    if (this.visits.length > 0) this.visits = []
    if (this.kept.size > 0) this.kept.clear()
  }

  #grow(): boolean {
    if (this.#count >= MAX_CHANGES) {
      this.isFull = true
      return false
    }
    const [items, paths] = [this.#items, this.#paths]
    this.#items = new Int32Array(items.length * 2)
    this.#paths = new Int32Array(items.length * 2)
    this.#items.set(items)
    this.#paths.set(paths)
    return true
  }
}
