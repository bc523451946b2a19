// Picks lines of each path evenly, so that each path has examples, however rare it is beside the others. Costs one
// subtraction for neighbours that went the same way.
//
// A path's first lines are all picked. Then one is picked of about as many as come in an interval: the gap to the next
// is random, around the number of lines that the path had in the last interval.

/** Between two looks at the paths on which nothing was picked for long: their lines have become fewer. */
const SWEEP_MILLISECONDS = 1_000
/** However many lines come, the gap grows by no more at once. */
const GROWTH = 8

export interface Pick {
  readonly path: number
  /** Index of the line among the neighbours given. */
  readonly index: number
  /** How many lines of the path it stands for. */
  readonly weight: number
  /** The path is rare: this is one of its first lines. */
  readonly isRare: boolean
}

export interface PathSamplesSettings {
  readonly capacity: number
  readonly rareLines: number
  readonly intervalMilliseconds: number
  readonly random: () => number
}

export class PathSamples {
  /** Lines that pass before the next pick; below 0 it is due. */
  readonly left: Int32Array
  readonly #gaps: Int32Array
  readonly #means: Float64Array
  /** So many of the first lines were picked. */
  readonly #first: Int32Array
  readonly #pickedAt: Float64Array
  readonly #rareLines: number
  readonly #interval: number
  readonly #random: () => number
  #used = 0
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor({ capacity, rareLines, intervalMilliseconds, random }: PathSamplesSettings) {
    this.left = new Int32Array(capacity)
    this.#gaps = new Int32Array(capacity)
    this.#means = new Float64Array(capacity)
    this.#first = new Int32Array(capacity)
    this.#pickedAt = new Float64Array(capacity)
    this.#rareLines = rareLines
    this.#interval = intervalMilliseconds
    this.#random = random
  }

  /** `left` of the path has fallen below 0 with the last of `count` neighbours. */
  pick(path: number, count: number, nowMilliseconds: number, picks: Pick[]): void {
    this.#used = Math.max(this.#used, path + 1)
    let index = this.left[path] + count
    while (index < count) {
      const isRare = this.#first[path] < this.#rareLines
      if (isRare) this.#first[path]++
      picks.push({ path, index, weight: this.#gaps[path] + 1, isRare })
      const gap = isRare ? 0 : this.#nextGap(path, nowMilliseconds)
      if (isRare) this.#pickedAt[path] = nowMilliseconds
      this.#gaps[path] = gap
      index += 1 + gap
    }
    this.left[path] = index - count
  }

  /** Paths whose lines have become fewer have their next line picked. */
  sweep(nowMilliseconds: number): void {
    if (nowMilliseconds - this.#sweptAt < SWEEP_MILLISECONDS) return
    this.#sweptAt = nowMilliseconds
    for (let path = 0; path < this.#used; path++) {
      if (this.left[path] === 0 || nowMilliseconds - this.#pickedAt[path] < 2 * this.#interval) continue
      // The lines that have passed are those that the next one stands for.
      this.#gaps[path] -= this.left[path]
      this.left[path] = 0
    }
  }

  #nextGap(path: number, nowMilliseconds: number): number {
    const passed = this.#gaps[path] + 1
    const took = Math.max(nowMilliseconds - this.#pickedAt[path], 1e-3)
    this.#pickedAt[path] = nowMilliseconds
    const inInterval = (passed / took) * this.#interval
    const mean = Math.min(inInterval, Math.max(1, this.#means[path]) * GROWTH, 2 ** 29)
    this.#means[path] = mean
    return Math.floor(this.#random() * 2 * mean)
  }
}
