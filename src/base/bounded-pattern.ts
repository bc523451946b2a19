// A regular expression that a user types while a run goes on: no pattern and no text can keep the thread busy.
//
// V8's linear-time engine cannot do this: running its patterns while another thread has its flag off ends the process.
// So a pattern runs under a watchdog, for a few milliseconds at most, and one that was stopped on the same text again and
// again does not run any more. The start of a watchdog takes longer than most matches: many texts share one.

import { createContext, Script } from 'node:vm'

/** When this is over, `learn` goes on the next time; between two texts only. */
const SLICE_MILLISECONDS = 2
/** One that takes this long is stopped in the middle of a text. */
const MATCH_MILLISECONDS = 10
/** A thread may lose its core for that long, but not each time; a pattern that is slow is slow again. */
const TRIES = 5

const MATCH = `work => {
  const { pattern, texts, matches, now, until } = work
  while (work.at < texts.length) {
    matches[work.at] = pattern.test(texts[work.at])
    work.at++
    if (now() > until) return
  }
}`

/** The pattern is not valid, or took too long. */
export class PatternError extends Error {}

interface Work {
  readonly pattern: RegExp
  readonly now: () => number
  texts: readonly string[]
  matches: boolean[]
  /** The text that is the next one. */
  at: number
  until: number
}

export class BoundedPattern {
  readonly #work: Work
  readonly #context: object
  readonly #script: Script
  /** Set when there is only one way to match, at any place: that needs no watchdog. */
  readonly #plain: RegExp | undefined
  /** What the last texts to be learned have come to. */
  readonly #known = new Map<string, boolean>()
  /** At the same text, one after the other. */
  #stops = 0

  /** Throws a PatternError. */
  constructor(source: string, isCaseless = false) {
    const flags = isCaseless ? 'i' : ''
    let pattern: RegExp
    try {
      pattern = withoutIdleStart(new RegExp(source, flags))
    } catch (error) {
      const reason = (error as Error).message.replace(/^Invalid regular expression: .*\/[a-z]*: /s, '')
      throw new PatternError(`/${source}/ is no valid pattern: ${reason}`)
    }
    this.#plain = /[*+?{}|()]/.test(pattern.source) ? undefined : pattern
    // Nothing of the texts is code: they are values, and so is the pattern.
    this.#work = { pattern, now: () => performance.now(), texts: [], matches: [], at: 0, until: 0 }
    this.#context = createContext({ work: this.#work })
    this.#script = new Script(`(${MATCH})(work)`)
  }

  /**
   * Finds out for all of `texts` whether they match. False: not yet, call it again with the same list when others have had
   * the thread. Throws a PatternError when that makes no sense any more.
   */
  learn(texts: readonly string[]): boolean {
    if (this.#plain !== undefined) return true
    const work = this.#work
    if (texts !== work.texts) {
      this.#known.clear()
      Object.assign(work, { texts, matches: [], at: 0 })
    }
    if (this.#stops < TRIES) {
      const from = work.at
      const wasStopped = this.#run()
      for (let at = from; at < work.at; at++) this.#known.set(texts[at], work.matches[at])
      if (work.at > from) this.#stops = 0
      if (wasStopped) this.#stops++
    }
    if (this.#stops < TRIES) return work.at === texts.length
    throw new PatternError(
      `the pattern takes too long: more than ${MATCH_MILLISECONDS} ms on one line. A repeat in a repeat does, as in (a+)+`
    )
  }

  /** At once when the text has been learned; else it may take a while, and throw a PatternError. */
  test(text: string): boolean {
    if (this.#plain !== undefined) return this.#plain.test(text)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const texts = [text]
    while (!this.learn(texts));
    return this.#known.get(text) === true
  }

  /** True when it was stopped in the middle of a text. */
  #run(): boolean {
    try {
      this.#work.until = performance.now() + SLICE_MILLISECONDS
      this.#script.runInContext(this.#context, { timeout: MATCH_MILLISECONDS })
      return false
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      return true
    }
  }
}

/**
 * To match anywhere, `.*x` is `x`; but where there is no `x` it looks for one from each character on. Users write that.
 * The second expression cannot be wrong: what followed `.*` could stand alone.
 */
function withoutIdleStart(pattern: RegExp): RegExp {
  const rest = pattern.source.replace(/^(?:\.\*\??)+/, '')
  return rest === pattern.source || rest === '' ? pattern : new RegExp(rest, pattern.flags)
}
