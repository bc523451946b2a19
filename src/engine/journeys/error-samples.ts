// Of failures that say the same, a few a second are enough: a thousand more of them tell nothing new.

const MAX_KNOWN = 1_000
const SECOND = 1_000
/** Beyond, a message differs in its data rather than in its meaning. */
const COMPARED_LENGTH = 120

export class ErrorSamples {
  readonly #perSecond: number
  readonly #counts = new Map<string, number>()
  #since = Number.NEGATIVE_INFINITY

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Numbers in it do not make it another failure. */
  isDue(failure: string, nowMilliseconds: number): boolean {
    if (nowMilliseconds - this.#since >= SECOND) {
      this.#since = nowMilliseconds
      this.#counts.clear()
    }
    const key = failure.slice(0, COMPARED_LENGTH).replace(/\d+/g, '0')
    const count = this.#counts.get(key) ?? 0
    if (count >= this.#perSecond) return false
    if (count > 0 || this.#counts.size < MAX_KNOWN) this.#counts.set(key, count + 1)
    return true
  }
}
