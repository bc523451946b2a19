// The two times that a watched folder needs, as one object that a test replaces.

export interface Clock {
  /** Since 1970, as files have it; it may be set back or forward at any moment. */
  wallNanoseconds(): bigint
  /** Only ever forward. */
  monotonicMilliseconds(): number
}

export const systemClock: Clock = {
  wallNanoseconds: () => BigInt(Date.now()) * 1_000_000n,
  monotonicMilliseconds: () => performance.now()
}
