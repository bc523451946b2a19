// Nothing was wrong with the arguments, but there is no run that answers: exit code 1.

import { EXIT } from '../exit-codes.ts'
import { printError, safe } from '../output.ts'

export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  readonly hint: string | undefined

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.hint = options.hint
  }
}

/** Carries out a command that looks at a run, and ends the process. What else is thrown is for who called. */
export async function endWith(work: () => Promise<number>): Promise<never> {
  try {
    process.exit(await work())
  } catch (failure) {
    if (!(failure instanceof Unreachable)) throw failure
    printError(safe(`linescope: ${failure.message}`))
    if (failure.hint !== undefined) printError(safe(`  ${failure.hint}`))
    process.exit(EXIT.failed)
  }
}
