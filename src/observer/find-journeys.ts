// Looks through journeys for what a search asks for: those kept with times and values, the newest ones, and a store's.
// It goes on in short slices, so that the thread answers others in between, and ends when its time is up.

import { setImmediate as turn } from 'node:timers/promises'

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

/** Throws a PatternError for a pattern that is not valid or takes too long, and a RangeError for a wrong cursor. */
export async function findJourneys(query: JourneyQuery, places: JourneyPlaces): Promise<FoundJourneys> {
  const search = new Search(query)
  await search.lookAt('kept', places.kept)
  await search.lookAt('recent', places.recent)
  if (places.stored !== undefined) await search.lookAtPages(places.stored)
  return search.answer()
}

class Search {
  readonly #query: JourneyQuery
  readonly #matches: (trace: Trace) => boolean
  readonly #keyOf: (trace: Trace) => number
  readonly #after: readonly [key: number, id: string] | undefined
  readonly #seen = new Set<string>()
  readonly #lookedAt = new Map<Where, { journeys: number; from: number }>()
  readonly #startedAt = performance.now()
  #sliceAt = performance.now()
  #found: Trace[] = []
  #foundCount = 0
  #isComplete = true

  constructor(query: JourneyQuery) {
    this.#query = query
    this.#matches = journeyMatcher(query.condition)
    this.#keyOf = SORT_KEYS[query.sort]
    this.#after = query.cursor === undefined ? undefined : placeOf(query.cursor)
  }

  async lookAt(where: Where, traces: Iterable<Trace>): Promise<void> {
    const looked = { journeys: 0, from: Number.POSITIVE_INFINITY, ...this.#lookedAt.get(where) }
    this.#lookedAt.set(where, looked)
    for (const trace of traces) {
      if (this.#isLate()) return
      const key = `${trace.id} ${trace.settled_at}`
      if (!this.#seen.has(key)) {
        this.#seen.add(key)
        looked.journeys++
        looked.from = Math.min(looked.from, settledAt(trace))
        if (this.#matches(trace)) this.#add(trace)
      }
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
    const { limit, sort } = this.#query
    const journeys = this.#found.slice(0, limit)
    const last = journeys.at(-1)
    const lookedAt = [...this.#lookedAt].map(([where, { journeys: count, from }]) => ({
      where,
      journeys: count,
      from: Number.isFinite(from) ? isoMoment(from) : null
    }))
    return {
      journeys,
      cursor: last !== undefined && this.#found.length > limit ? cursorAt(SORT_KEYS[sort](last), last.id) : null,
      found: this.#foundCount,
      looked_at: lookedAt,
      is_complete: this.#isComplete,
      message: sentenceOf(lookedAt, this.#isComplete)
    }
  }

  #add(trace: Trace): void {
    this.#foundCount++
    if (this.#after !== undefined && compare([this.#keyOf(trace), trace.id], this.#after) <= 0) return
    this.#found.push(trace)
    if (this.#found.length < MOST_FOUND) return
    this.#sort()
    this.#found = this.#found.slice(0, this.#query.limit + 1)
  }

  #sort(): void {
    this.#found.sort((a, b) => compare([this.#keyOf(a), a.id], [this.#keyOf(b), b.id]))
  }

  #isLate(): boolean {
    if (performance.now() - this.#startedAt > SEARCH_MILLISECONDS) this.#isComplete = false
    return !this.#isComplete
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#sliceAt < SLICE_MILLISECONDS) return
    // A request comes in on one turn and is answered on the next.
    await turn()
    await turn()
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
