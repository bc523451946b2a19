// What is asked of the store. Moments are milliseconds since 1970; `from` is included, `to` is not.

/** Conditions that are not given let everything through. */
export interface DeadLetterQuery {
  readonly processor?: string | undefined
  readonly code?: string | undefined
  /** A piece of the line or of the error's message, as it is shown. */
  readonly text?: string | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** What the answer before said. */
  readonly before?: number | undefined
  readonly limit: number
}
