// What is wrong with a condition: at start (its text) or while running (its evaluation on one line).

export interface ConditionErrorOptions {
  readonly offset?: number | undefined
  readonly hint?: string | undefined
  readonly cause?: unknown
}

export class ConditionError extends Error {
  override readonly name = 'ConditionError'
  /** UTF-16 offset in the condition's text. */
  readonly offset: number
  /** What to do about it, as a sentence. */
  readonly hint: string | undefined

  constructor(message: string, { offset = 0, hint, cause }: ConditionErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.offset = offset
    this.hint = hint
  }

  /** The message and what to do about it, in one line. */
  get sentence(): string {
    return this.hint === undefined ? this.message : `${this.message}. ${this.hint}`
  }
}
