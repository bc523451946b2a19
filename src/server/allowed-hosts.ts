// Under which names the dashboard answers. A page of another site can make a browser send requests here under a name
// of its own (DNS rebinding); it cannot make it send one of these. The port is not compared: tunnels change it.

import { isIP } from 'node:net'

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** True for the names of 127.0.0.1 and ::1, which nothing but this machine can reach; any other host needs a token. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.includes(asHostName(host))
}

export class AllowedHosts {
  readonly #names: ReadonlySet<string>

  constructor(boundHost: string, allowHosts: readonly string[]) {
    this.#names = new Set([...LOOPBACK_NAMES, ...[boundHost, ...allowHosts].map(asHostName)])
  }

  /** `header` is the Host header; `localAddress` is the address at which this connection arrived. */
  has(header: string, localAddress: string | undefined): boolean {
    const name = nameOf(header)
    if (name === undefined) return false
    if (this.#names.has(name)) return true
    // Bound to every address or to a name, the bound address is the one that the client reached. It is an IP, so no
    // page can have been found under it by another name.
    return localAddress !== undefined && name === asHostName(localAddress.replace(/^::ffff:/, ''))
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
