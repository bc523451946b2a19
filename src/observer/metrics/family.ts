// What /metrics tells, before it is text.

/** Names are data: any text. Of two samples with the same labels the sum is told. */
export type Labels = Readonly<Record<string, string>>

/** A journey that stands for a number: its id, its own value, and when it ended. */
export interface Exemplar {
  readonly journeyId: string
  readonly value: number
  readonly unixSeconds: number
}

export interface Sample {
  readonly labels: Labels
  readonly value: number
  readonly exemplar?: Exemplar | undefined
}

export interface HistogramSample {
  readonly labels: Labels
  /** How many are at most as long as each bound, without the endless one. */
  readonly buckets: readonly { readonly bound: number; readonly count: number; readonly exemplar?: Exemplar }[]
  readonly count: number
  readonly sum: number
  /** Of one that is longer than the last bound. */
  readonly exemplar?: Exemplar | undefined
}

interface Described {
  /** As samples carry it in the text format: a counter ends in `_total`, an info in `_info`. */
  readonly name: string
  /** Says when it is counted. */
  readonly help: string
  /** The name ends in it. */
  readonly unit?: 'seconds' | 'bytes' | 'ratio' | 'lines'
}

export interface PlainFamily extends Described {
  readonly type: 'counter' | 'gauge' | 'info'
  readonly samples: readonly Sample[]
  /** Since when a counter counts, where that is known; counts that go on from a run before have no such moment. */
  readonly createdUnixSeconds?: number
}

export interface HistogramFamily extends Described {
  readonly type: 'histogram'
  readonly samples: readonly HistogramSample[]
  readonly createdUnixSeconds?: number
}

export type Family = PlainFamily | HistogramFamily
