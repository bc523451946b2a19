// A mistake that the user can mend: said in one or two lines, never with a stack trace, exit code 2 before the start.

/** Where in a file the mistake stands; line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface UserErrorOptions {
  readonly place?: Place | undefined
  /** What to do about it, as a sentence: `Did you mean "filter"?` */
  readonly hint?: string | undefined
  readonly cause?: unknown
}

export class UserError extends Error {
  override readonly name = 'UserError'
  readonly place: Place | undefined
  readonly hint: string | undefined

  constructor(message: string, options: UserErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.place = options.place
    this.hint = options.hint
  }

  /** `pipeline.yaml:6:5: unknown key "patern". Did you mean "pattern"?` */
  override toString(): string {
    const place = this.place === undefined ? '' : `${this.place.file}:${this.place.line}:${this.place.column}: `
    if (this.hint === undefined) return `${place}${this.message}`
    // Messages have no full stop of their own; the hint is a sentence behind them.
    return `${place}${this.message}${/[.!?]$/.test(this.message) ? '' : '.'} ${this.hint}`
  }
}

/** Several mistakes found at once: all of them are shown, not only the first. */
export class UserErrors extends UserError {
  readonly errors: readonly UserError[]

  constructor(errors: readonly UserError[]) {
    super(errors.map(String).join('\n'))
    this.errors = errors
  }

  override toString(): string {
    return this.errors.map(String).join('\n')
  }
}
