// Looks through journeys for what a search asks for: those kept with times and values, the newest ones, and a store's.
// It goes on in short slices, so that the thread answers others in between, and ends when its time is up. Of several
// searches one has a slice at a time: others wait no longer for many than for one.

import { setImmediate as turn } from 'node:timers/promises'

import type { BoundedPattern } from '../base/bounded-pattern.ts'
import type { FoundJourneys, JourneyQuery } from '../contract/journey-query.ts'
import type { Trace } from '../contract/trace.ts'
import { journeyMatcher, SORT_KEYS, settledAt } from './journey-matcher.ts'
import { isoMoment } from './moment.ts'

/** Journeys in pages, the newest first; `before` of one page asks for the next. Undefined: it cannot be had (in time). */
export type StoredPages = (
  before: number | undefined
) => Promise<{ readonly traces: readonly Trace[]; readonly before: number | undefined } | undefined>

export interface JourneyPlaces {
  /** Each is made when it is looked at. */
  readonly kept: Iterable<Trace>
  readonly recent: Iterable<Trace>
  readonly stored: StoredPages | undefined
}

type Where = FoundJourneys['looked_at'][number]['where']

const SLICE_MILLISECONDS = 2
const SEARCH_MILLISECONDS = 3_000
const MOST_FOUND = 5_000
/** Patterns look at so many lines together. */
const CHUNK = 100

/** Throws a PatternError for a pattern that is not valid or takes too long, and a RangeError for a wrong cursor. */
export async function findJourneys(query: JourneyQuery, places: JourneyPlaces): Promise<FoundJourneys> {
  await nextSlice()
  const search = new Search(query)
  await search.lookAt('kept', places.kept)
  await search.lookAt('recent', places.recent)
  if (places.stored !== undefined) await search.lookAtPages(places.stored)
  return search.answer()
}

let lastSlice: Promise<void> = Promise.resolve()

/** A request comes in on one turn of the event loop and is answered on the next. */
function nextSlice(): Promise<void> {
  lastSlice = lastSlice.then(() => turn()).then(() => turn())
  return lastSlice
}

interface Found {
  readonly trace: Trace
  /** What it is sorted by. */
  readonly key: number
}

class Search {
  readonly #query: JourneyQuery
  readonly #matches: (trace: Trace) => boolean
  readonly #patterns: BoundedPattern[] = []
  readonly #keyOf: (trace: Trace) => number
  readonly #after: readonly [key: number, id: string] | undefined
  readonly #seen = new Set<string>()
  readonly #lookedAt = new Map<Where, { journeys: number; from: number }>()
  readonly #startedAt = performance.now()
  #sliceAt = performance.now()
  #found: Found[] = []
  #foundCount = 0
  #isComplete = true

  constructor(query: JourneyQuery) {
    this.#query = query
    this.#matches = journeyMatcher(query.condition, this.#patterns)
    this.#keyOf = SORT_KEYS[query.sort]
    this.#after = query.cursor === undefined ? undefined : placeOf(query.cursor)
  }

  async lookAt(where: Where, traces: Iterable<Trace>): Promise<void> {
    const looked = { journeys: 0, from: Number.POSITIVE_INFINITY, ...this.#lookedAt.get(where) }
    this.#lookedAt.set(where, looked)
    let chunk: Trace[] = []
    for (const trace of traces) {
      if (this.#isLate()) break
      const key = `${trace.id} ${trace.settled_at}`
      if (!this.#seen.has(key)) {
        this.#seen.add(key)
        chunk.push(trace)
      }
      if (chunk.length === CHUNK) {
        await this.#sift(chunk, looked)
        chunk = []
      }
      await this.#breathe()
    }
    await this.#sift(chunk, looked)
  }

  async #sift(chunk: readonly Trace[], looked: { journeys: number; from: number }): Promise<void> {
    const lines = chunk.map(({ line }) => line)
    for (const pattern of this.#patterns) {
      while (!pattern.learn(lines)) {
        if (this.#isLate()) return
        await this.#rest()
      }
      await this.#breathe()
    }
    for (const trace of chunk) {
      looked.journeys++
      looked.from = Math.min(looked.from, settledAt(trace))
      if (this.#matches(trace)) this.#add(trace)
      await this.#breathe()
    }
  }

  async lookAtPages(stored: StoredPages): Promise<void> {
    let before: number | undefined
    do {
      const page = await stored(before)
      if (page === undefined) {
        this.#isComplete = false
        return
      }
      await this.lookAt('stored', page.traces)
      before = page.before
    } while (before !== undefined && !this.#isLate())
  }

  answer(): FoundJourneys {
    this.#sort()
    const { limit } = this.#query
    const shown = this.#found.slice(0, limit)
    const last = shown.at(-1)
    const lookedAt = [...this.#lookedAt].map(([where, { journeys: count, from }]) => ({
      where,
      journeys: count,
      from: Number.isFinite(from) ? isoMoment(from) : null
    }))
    return {
      journeys: shown.map(({ trace }) => trace),
      cursor: last !== undefined && this.#found.length > limit ? cursorAt(last.key, last.trace.id) : null,
      found: this.#foundCount,
      looked_at: lookedAt,
      is_complete: this.#isComplete,
      message: sentenceOf(lookedAt, this.#isComplete)
    }
  }

  #add(trace: Trace): void {
    this.#foundCount++
    const key = this.#keyOf(trace)
    if (this.#after !== undefined && compare([key, trace.id], this.#after) <= 0) return
    this.#found.push({ trace, key })
    if (this.#found.length < MOST_FOUND) return
    this.#sort()
    this.#found = this.#found.slice(0, this.#query.limit + 1)
  }

  #sort(): void {
    this.#found.sort((a, b) => compare([a.key, a.trace.id], [b.key, b.trace.id]))
  }

  #isLate(): boolean {
    if (performance.now() - this.#startedAt > SEARCH_MILLISECONDS) this.#isComplete = false
    return !this.#isComplete
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#sliceAt < SLICE_MILLISECONDS) return
    await this.#rest()
  }

  async #rest(): Promise<void> {
    await nextSlice()
    this.#sliceAt = performance.now()
  }
}

/** More comes first; of equal ones any order that is the same each time. */
function compare([a, aId]: readonly [number, string], [b, bId]: readonly [number, string]): number {
  if (a !== b) return a > b ? -1 : 1
  return aId === bId ? 0 : aId > bId ? -1 : 1
}

function cursorAt(key: number, id: string): string {
  // JSON has no infinity, which is the moment of a line in flight.
  return Buffer.from(JSON.stringify([String(key), id])).toString('base64url')
}

function placeOf(cursor: string): [number, string] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(place) && typeof place[0] === 'string' && typeof place[1] === 'string') {
      const key = Number(place[0])
      if (!Number.isNaN(key)) return [key, place[1]]
    }
  } catch {
    // Said below.
  }
  throw new RangeError('this cursor is none that an answer gave')
}

function sentenceOf(lookedAt: FoundJourneys['looked_at'], isComplete: boolean): string {
  const parts = lookedAt.map(({ where, journeys, from }) => {
    return `${where}: ${journeys}${from === null ? '' : ` since ${from}`}`
  })
  return `Looked at ${parts.join('; ')}.${isComplete ? '' : ' Time was up before all were looked at.'}`
}
