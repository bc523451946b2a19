// What a source or a sink throws once lines are under way, with the one thing that the engine decides by.

export interface FailureOptions {
  /** Stable and never translated; for errors of the operating system its own name: `EIO`. */
  readonly code: string
  /** True when the same call may succeed later. */
  readonly retryable: boolean
  readonly cause?: unknown
}

/** Thrown by `read`. After a retryable one, reading again goes on at the byte where it stopped: none is lost. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly code: string
  readonly retryable: boolean

  constructor(message: string, options: FailureOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.retryable = options.retryable
  }
}

/** Thrown by `write`. The first `bytesWritten` bytes of that call are in; only the rest may be written again. */
export class SinkError extends Error {
  override readonly name = 'SinkError'
  readonly code: string
  readonly retryable: boolean
  readonly bytesWritten: number

  constructor(message: string, options: FailureOptions & { readonly bytesWritten: number }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.retryable = options.retryable
    this.bytesWritten = options.bytesWritten
  }
}
