// How much a client may ask of the dashboard: each bound keeps one client from taking it away from the others.

export const LIMITS = {
  headerBytes: 8 * 1024,
  headerCount: 64,
  targetBytes: 2 * 1024,
  bodyBytes: 1024 * 1024,
  headersTimeoutMilliseconds: 10_000,
  requestTimeoutMilliseconds: 30_000,
  keepAliveTimeoutMilliseconds: 5_000,
  /** A socket on which nothing moves for so long is closed: a client that never reads holds nothing for ever. */
  idleTimeoutMilliseconds: 60_000,
  requestsPerSocket: 1_000,
  /** Of all addresses together. */
  connections: 512,
  /** Of all clients together. */
  streams: 64,
  /** For one that reads slowly; then it is dropped. */
  streamQueuedBytes: 256 * 1024,
  streamIntervalMilliseconds: 1_000,
  streamHeartbeatMilliseconds: 15_000,
  wrongTokensPerMinute: 10
} as const

export type Limits = { readonly [name in keyof typeof LIMITS]: number }
