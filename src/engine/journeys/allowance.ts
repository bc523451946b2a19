// How many journeys, and how many bytes of them, may be kept: two buckets that fill evenly, one of them for failures.

export interface AllowanceSettings {
  readonly journeysPerSecond: number
  readonly bytesPerSecond: number
  /** Of both, for failures alone; the rest is for all other journeys alone, so that neither can starve the other. */
  readonly failureShare: number
}

export class Allowance {
  readonly #failures: Bucket
  readonly #others: Bucket

  constructor({ journeysPerSecond, bytesPerSecond, failureShare }: AllowanceSettings) {
    this.#failures = new Bucket(journeysPerSecond * failureShare, bytesPerSecond * failureShare)
    this.#others = new Bucket(journeysPerSecond * (1 - failureShare), bytesPerSecond * (1 - failureShare))
  }

  /** Never runs backwards, whatever clock it is given. */
  refill(nowMilliseconds: number): void {
    this.#failures.refill(nowMilliseconds)
    this.#others.refill(nowMilliseconds)
  }

  hasRoom(isFailure: boolean): boolean {
    return (isFailure ? this.#failures : this.#others).hasRoom()
  }

  /** One journey of so many bytes was kept. */
  take(isFailure: boolean, bytes: number): void {
    ;(isFailure ? this.#failures : this.#others).take(bytes)
  }
}

/** Holds what comes in within a second, at least one journey. What a long journey overdraws has to come in first. */
class Bucket {
  readonly #journeysPerSecond: number
  readonly #bytesPerSecond: number
  #journeys: number
  #bytes: number
  #atMilliseconds: number | undefined

  constructor(journeysPerSecond: number, bytesPerSecond: number) {
    this.#journeysPerSecond = journeysPerSecond
    this.#bytesPerSecond = bytesPerSecond
    this.#journeys = Math.max(1, journeysPerSecond)
    this.#bytes = bytesPerSecond
  }

  refill(nowMilliseconds: number): void {
    const seconds = Math.max(0, nowMilliseconds - (this.#atMilliseconds ?? nowMilliseconds)) / 1000
    this.#atMilliseconds = Math.max(nowMilliseconds, this.#atMilliseconds ?? nowMilliseconds)
    const most = Math.max(1, this.#journeysPerSecond)
    this.#journeys = Math.min(most, this.#journeys + seconds * this.#journeysPerSecond)
    this.#bytes = Math.min(this.#bytesPerSecond, this.#bytes + seconds * this.#bytesPerSecond)
  }

  hasRoom(): boolean {
    return this.#journeysPerSecond > 0 && this.#journeys >= 1 && this.#bytes > 0
  }

  take(bytes: number): void {
    this.#journeys -= 1
    this.#bytes -= bytes
  }
}
