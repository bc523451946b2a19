// What a search of journeys asks for, as data: made from the parameters of an address or from a text
// (journey-expression.ts), held against journeys by the observer.

/** The words of the text form; each is also a parameter of the address. */
export type JourneyTest =
  | { readonly test: 'id'; readonly id: string }
  /** A piece of the line as it is shown. */
  | { readonly test: 'text'; readonly text: string }
  | { readonly test: 'regex'; readonly pattern: string; readonly isCaseless: boolean }
  | { readonly test: 'visited'; readonly name: string }
  | { readonly test: 'tag'; readonly tag: string }
  /** All visits, `start > warn > end`. */
  | { readonly test: 'path'; readonly path: string }
  /** Of the whole line or of one of its forks. */
  | { readonly test: 'outcome'; readonly outcome: string }
  | { readonly test: 'reason'; readonly reason: string }
  /** A piece of what it was before or after any hop, where that is known; also of the line. */
  | { readonly test: 'value'; readonly value: string }
  /** Tries of one processor, at least and at most; likewise the others. Seconds. */
  | ({ readonly test: 'attempts' | 'duration' | 'hops' } & Range)
  /** When it was settled, in milliseconds since 1970. */
  | ({ readonly test: 'time' } & Range)

export interface Range {
  readonly from: number
  readonly to: number
}

export type JourneyCondition =
  | JourneyTest
  | { readonly all: readonly JourneyCondition[] }
  | { readonly any: readonly JourneyCondition[] }
  | { readonly not: JourneyCondition }

export const SORTS = ['newest', 'longest', 'most_hops', 'most_errors'] as const
export type JourneySort = (typeof SORTS)[number]
