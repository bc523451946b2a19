// Checks the run's token in constant time, and slows down who guesses: after ten wrong tokens in a minute an address
// gets no further answer about any token until the minute is over.

import { createHash, timingSafeEqual } from 'node:crypto'

import { LIMITS } from './limits.ts'

const WINDOW_MILLISECONDS = 60_000
/** Addresses that are remembered; further ones share one count. */
const ADDRESS_CAPACITY = 1_000
const SHARED_ADDRESS = 'all others'

export type TokenVerdict = 'right' | 'missing' | 'wrong' | 'limited'

export class TokenGate {
  readonly #digest: Buffer
  readonly #now: () => number
  readonly #failures = new Map<string, { count: number; since: number }>()

  constructor(token: string, now: () => number = () => performance.now()) {
    this.#digest = digestOf(token)
    this.#now = now
  }

  /** `allowBasic` takes the token as the password of HTTP Basic too, which is what a browser can send by itself. */
  check(authorization: string | undefined, address: string, allowBasic: boolean): TokenVerdict {
    const token = tokenOf(authorization, allowBasic)
    if (token === undefined) return 'missing'
    const bucket = this.#bucketOf(address)
    if (bucket !== undefined && bucket.count >= LIMITS.wrongTokensPerMinute) return 'limited'
    if (timingSafeEqual(digestOf(token), this.#digest)) return 'right'
    this.#countFailure(address)
    return 'wrong'
  }

  #bucketOf(address: string): { count: number; since: number } | undefined {
    const key = this.#keyOf(address)
    const bucket = this.#failures.get(key)
    if (bucket !== undefined && this.#now() - bucket.since >= WINDOW_MILLISECONDS) {
      this.#failures.delete(key)
      return undefined
    }
    return bucket
  }

  #countFailure(address: string): void {
    const key = this.#keyOf(address)
    const bucket = this.#failures.get(key)
    if (bucket === undefined) this.#failures.set(key, { count: 1, since: this.#now() })
    else bucket.count++
  }

  #keyOf(address: string): string {
    const key = networkOf(address)
    if (this.#failures.has(key) || this.#failures.size < ADDRESS_CAPACITY) return key
    for (const [other, bucket] of this.#failures) {
      if (this.#now() - bucket.since >= WINDOW_MILLISECONDS) this.#failures.delete(other)
    }
    return this.#failures.size < ADDRESS_CAPACITY ? key : SHARED_ADDRESS
  }
}

function tokenOf(authorization: string | undefined, allowBasic: boolean): string | undefined {
  const match = /^(Bearer|Basic) +(\S+)$/i.exec(authorization ?? '')
  if (match === null) return undefined
  const [, scheme, credentials] = match as unknown as [string, string, string]
  if (scheme.toLowerCase() === 'bearer') return credentials
  if (!allowBasic) return undefined
  const pair = Buffer.from(credentials, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

/** Hashing first makes both sides equally long, whatever was sent. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest()
}

/** Whoever has one IPv6 address has the other 2^64 of its network too. An IPv4 address that IPv6 carries is itself. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)
  if (mapped !== null || !address.includes(':')) return mapped?.[1] ?? address
  const [before = '', after = ''] = address.split('::', 2)
  const [left, right] = [before, after].map(part => (part === '' ? [] : part.split(':')))
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
