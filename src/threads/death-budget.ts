// How often a lane may die before the run ends: it is restarted as long as lines come through, never in a loop.

/** Deaths in a row without a line settled between them, or a line found guilty. */
const AT_ONE_PLACE = 6
const MOST_LEFT = 30
/** What gives one death back. */
const LINES_PER_DEATH = 1_000
const MILLISECONDS_PER_DEATH = 60_000

export class DeathBudget {
  #left = MOST_LEFT
  #inPlace = 0
  #lines = 0
  #at: number

  constructor(nowMilliseconds: number) {
    this.#at = nowMilliseconds
  }

  /** `settledLines` in all. Returns why the lane may not be restarted; undefined when it may. */
  died(settledLines: number, hasFoundGuilty: boolean, nowMilliseconds: number): string | undefined {
    const lines = settledLines - this.#lines
    const earned = lines / LINES_PER_DEATH + (nowMilliseconds - this.#at) / MILLISECONDS_PER_DEATH
    this.#left = Math.min(MOST_LEFT, this.#left + earned) - 1
    this.#inPlace = lines > 0 || hasFoundGuilty ? 1 : this.#inPlace + 1
    this.#lines = settledLines
    this.#at = nowMilliseconds
    if (this.#inPlace >= AT_ONE_PLACE) return `it died ${AT_ONE_PLACE} times in a row without getting any further`
    if (this.#left < 0) return `it keeps dying: more than ${MOST_LEFT} times, and more often than once in 1,000 lines`
    return undefined
  }
}
