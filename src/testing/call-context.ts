// What a call sees of its line in the test kit.

import type { ProcessorContext } from '../sdk/index.ts'

export type GivenContext = Partial<Pick<ProcessorContext, 'source' | 'file' | 'isReplay' | 'error' | 'signal'>>

export class CallContext implements ProcessorContext {
  readonly signal: AbortSignal
  readonly attempt: number
  readonly isReplay: boolean
  readonly error: Error | undefined
  readonly source: string
  readonly file: string | undefined
  readonly lineNumber: number
  readonly offset: number
  readonly tag: string
  dropReason: string | undefined
  isKept = false
  readonly #log: string[]

  constructor(name: string, lineNumber: number, offset: number, attempt: number, context: GivenContext, log: string[]) {
    this.signal = context.signal ?? new AbortController().signal
    this.attempt = attempt
    this.isReplay = context.isReplay ?? false
    this.error = context.error
    this.source = context.source ?? 'test'
    this.file = context.file
    this.lineNumber = lineNumber
    this.offset = offset
    this.tag = name
    this.#log = log
  }

  drop(reason: string): void {
    this.dropReason = reason
  }

  keep(): void {
    this.isKept = true
  }

  log(message: string): void {
    this.#log.push(message)
  }
}
