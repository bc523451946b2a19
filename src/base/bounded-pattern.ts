// A regular expression that a user types while a run goes on: no pattern and no text can keep the thread busy.
//
// V8's linear-time engine cannot do this: running its patterns while another thread has its flag off ends the process.
// So each match runs under a watchdog, and a pattern that was stopped once does not run again.

import { createContext, Script } from 'node:vm'

const MATCH_MILLISECONDS = 100
/** A thread may lose its core for that long; a pattern that is slow is slow again. */
const TRIES = 2

/** The pattern is not valid, or took too long. */
export class PatternError extends Error {}

export class BoundedPattern {
  readonly #context: { text: string }
  readonly #script: Script
  /** Set when there is only one way to match, at any place: that needs no watchdog, whose start takes a while. */
  readonly #plain: RegExp | undefined
  #isStopped = false

  /** Throws a PatternError. */
  constructor(source: string, isCaseless = false) {
    const flags = isCaseless ? 'i' : ''
    let pattern: RegExp
    try {
      pattern = new RegExp(source, flags)
    } catch (error) {
      const reason = (error as Error).message.replace(/^Invalid regular expression: .*\/[a-z]*: /s, '')
      throw new PatternError(`/${source}/ is no valid pattern: ${reason}`)
    }
    this.#plain = /[*+?{}|()]/.test(source) ? undefined : pattern
    // Nothing of the text is code: it is a value in the context, and so is the pattern.
    this.#context = createContext({ text: '', pattern }) as { text: string }
    this.#script = new Script('pattern.test(text)')
  }

  /** Throws a PatternError when it takes too long. */
  test(text: string): boolean {
    if (this.#plain !== undefined) return this.#plain.test(text)
    this.#context.text = text
    for (let attempt = 0; attempt < TRIES && !this.#isStopped; attempt++) {
      try {
        return this.#script.runInContext(this.#context, { timeout: MATCH_MILLISECONDS }) === true
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      }
    }
    this.#isStopped = true
    throw new PatternError(`the pattern takes too long: more than ${MATCH_MILLISECONDS} ms on one line`)
  }
}
