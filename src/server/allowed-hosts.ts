// Under which names the dashboard answers. A page of another site can make a browser send requests here under a name
// of its own (DNS rebinding); it cannot make it send one of these. The port is not compared: tunnels change it.

import { isIP } from 'node:net'

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** True when nothing but this machine can reach it. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return name === 'localhost' || name === '::1' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'))
}

export class AllowedHosts {
  readonly #names: ReadonlySet<string>
  readonly #isWildcard: boolean

  constructor(boundHost: string, allowHosts: readonly string[]) {
    this.#names = new Set([...LOOPBACK_NAMES, ...[boundHost, ...allowHosts].map(asHostName)])
    this.#isWildcard = boundHost === '0.0.0.0' || boundHost === '::' || boundHost === '[::]'
  }

  /** `header` is the Host header; `localAddress` is the address at which this connection arrived. */
  has(header: string, localAddress: string | undefined): boolean {
    const name = nameOf(header)
    if (name === undefined) return false
    if (this.#names.has(name)) return true
    // Bound to every address, the bound address is the one that the client reached. It is an IP, so no rebinding.
    return this.#isWildcard && localAddress !== undefined && name === asHostName(localAddress.replace(/^::ffff:/, ''))
  }
}

/** `[::1]:8000` → `[::1]`; undefined for what is not a plain name or address with an optional port. */
function nameOf(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:[\]@/?#\\,]+)(?::\d{1,5})?$/i.exec(header)
  return match?.[1]?.toLowerCase()
}

function asHostName(host: string): string {
  const name = host.toLowerCase()
  return isIP(name) === 6 ? `[${name}]` : name
}
