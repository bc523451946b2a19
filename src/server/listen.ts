// Opens the dashboard's sockets. Loopback is 127.0.0.1 and ::1 both, on one port; a machine without ::1 has one.

import { lookup } from 'node:dns/promises'
import type { Server } from 'node:http'
import { isIPv6 } from 'node:net'

import type { FastifyInstance } from 'fastify'

import { UserError } from '../base/user-error.ts'
import { LIMITS, type Limits } from './limits.ts'
import { refuseMalformed } from './malformed.ts'
import { createServer } from './node-http.ts'
import { SecuredResponse } from './secured-response.ts'

export interface Listening {
  readonly port: number
  /** IP addresses that answer. */
  readonly addresses: readonly string[]
  /** What a person types: one, without a slash at the end. */
  readonly url: string
  /** Ends open connections too. */
  close(): Promise<void>
}

/** Attempts to find a port that is free at all addresses, for `--port 0`. */
const PORT_ATTEMPTS = 20

export interface ListenOptions {
  readonly host: string
  /** 0 picks one. */
  readonly port: number
  /** In place of the usual ones. */
  readonly limits?: Partial<Limits>
}

/** Throws a UserError for a taken port, an unknown host, missing rights. */
export async function listen(app: FastifyInstance, options: ListenOptions): Promise<Listening> {
  const { host, port } = options
  const limits = { ...LIMITS, ...options.limits }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UserError(`port ${port} does not exist; choose one from 0 to 65535 with --port`)
  }
  await app.ready()
  const addresses = await addressesOf(host)
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = []
    try {
      const opened = await openAll(app, addresses, port, servers, limits)
      const { port: openPort } = servers[0].address() as { port: number }
      return {
        port: openPort,
        addresses: opened,
        url: `http://${urlHost(host)}:${openPort}`,
        close: async () => {
          await Promise.all(servers.map(closeServer))
          await app.close()
        }
      }
    } catch (error) {
      await Promise.all(servers.map(closeServer))
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (port === 0 && isTaken && attempt < PORT_ATTEMPTS) continue
      await app.close()
      throw asUserError(error, host, port)
    }
  }
}

async function addressesOf(host: string): Promise<string[]> {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (name === 'localhost' || name === '127.0.0.1' || name === '::1') return ['127.0.0.1', '::1']
  try {
    // The resolver takes an empty name for "any address".
    if (name === '') throw new Error('it is empty')
    return [(await lookup(name)).address]
  } catch (cause) {
    throw new UserError(`--host ${JSON.stringify(host)} is not a known name or address`, {
      hint: 'Use an address of this machine, or leave it out for 127.0.0.1.',
      cause
    })
  }
}

/** Fills `servers` with those that are open, so that the caller can close them when a later one fails. */
async function openAll(
  app: FastifyInstance,
  addresses: string[],
  port: number,
  servers: Server[],
  limits: Limits
): Promise<string[]> {
  const opened: string[] = []
  let missing: unknown
  for (const address of addresses) {
    const server = makeServer(app, { ...limits, connections: Math.floor(limits.connections / addresses.length) })
    const sharedPort = servers.length === 0 ? port : (servers[0].address() as { port: number }).port
    try {
      await open(server, address, sharedPort)
    } catch (error) {
      if (addresses.length === 1 || !isMissingAddress(error)) throw error
      missing = error
      continue
    }
    servers.push(server)
    opened.push(address)
  }
  if (servers.length === 0) throw missing
  return opened
}

function makeServer(app: FastifyInstance, limits: Limits): Server {
  const server = createServer(
    {
      ServerResponse: SecuredResponse,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMilliseconds,
      requestTimeout: limits.requestTimeoutMilliseconds,
      keepAliveTimeout: limits.keepAliveTimeoutMilliseconds,
      connectionsCheckingInterval: 1_000,
      // A missing Host is refused by our own guard, with our own headers.
      requireHostHeader: false
    },
    (request, response) => app.routing(request, response)
  )
  // One more than allowed, so that the guard sees that there are too many instead of a list cut short.
  server.maxHeadersCount = limits.headerCount + 1
  server.maxRequestsPerSocket = limits.requestsPerSocket
  server.maxConnections = limits.connections
  server.timeout = limits.idleTimeoutMilliseconds
  refuseMalformed(server)
  return server
}

function open(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: address, exclusive: true }, () => {
      server.off('error', reject)
      // After the start an error of the listening socket concerns single connections only.
      server.on('error', () => {})
      resolve()
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function isMissingAddress(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  // EINVAL: an address that needs to name an interface.
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EINVAL'
}

function asUserError(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new UserError(`port ${port} is in use; choose another with --port`, { cause: error })
  if (code === 'EACCES') {
    return new UserError(`port ${port} may not be opened by this user; choose another with --port`, { cause: error })
  }
  if (isMissingAddress(error)) {
    return new UserError(`--host ${JSON.stringify(host)} is not an address of this machine`, { cause: error })
  }
  return error
}

function urlHost(host: string): string {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (name === 'localhost' || name === '127.0.0.1' || name === '::1') return 'localhost'
  return isIPv6(name) ? `[${name}]` : name
}
