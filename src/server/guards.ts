// Who may ask what: the checks that every request passes before any route sees it, unknown paths and malformed
// targets included. A refusal carries no data.

import type { IncomingMessage } from 'node:http'

import type { AllowedHosts } from './allowed-hosts.ts'
import { LIMITS } from './limits.ts'
import type { TokenGate } from './token-gate.ts'

export interface Doors {
  readonly hosts: AllowedHosts
  /** Without one nothing can be changed. */
  readonly tokens: TokenGate | undefined
  /** Not on loopback: there reading is free. */
  readonly needsTokenToRead: boolean
  /** Why nothing can be changed, whoever asks. */
  readonly readOnly?: string | undefined
}

export interface Refusal {
  readonly status: number
  readonly error: string
  readonly message: string
  readonly headers?: Readonly<Record<string, string | string[]>>
}

const ALLOWED_METHODS = ['GET', 'HEAD', 'POST']

/** `isData`: the answer would say something about the run; the page and the documentation do not. */
export function refusalOf(request: IncomingMessage, isData: boolean, doors: Doors): Refusal | undefined {
  return (
    sizeRefusal(request) ??
    hostRefusal(request, doors) ??
    methodRefusal(request) ??
    siteRefusal(request, isData) ??
    changeRefusal(request, doors) ??
    readRefusal(request, doors)
  )
}

function sizeRefusal(request: IncomingMessage): Refusal | undefined {
  if (request.rawHeaders.length / 2 > LIMITS.headerCount) {
    return { status: 431, error: 'too_many_headers', message: `Send at most ${LIMITS.headerCount} headers.` }
  }
  if ((request.url ?? '').length > LIMITS.targetBytes) {
    return { status: 414, error: 'target_too_long', message: `A path has at most ${LIMITS.targetBytes} characters.` }
  }
  return undefined
}

function hostRefusal(request: IncomingMessage, doors: Doors): Refusal | undefined {
  // `GET http://other/stats` names a host of its own, which the Host header need not match.
  if (!(request.url ?? '').startsWith('/')) {
    return { status: 403, error: 'target_refused', message: 'The request target must be a path: this is no proxy.' }
  }
  const hosts = request.rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1].toLowerCase() === 'host')
  if (hosts.length === 1 && doors.hosts.has(hosts[0], request.socket?.localAddress)) return undefined
  return {
    status: 403,
    error: 'host_refused',
    message: 'This dashboard does not answer under that host name. Start it with --allow-host NAME to permit one.'
  }
}

function methodRefusal(request: IncomingMessage): Refusal | undefined {
  if (!ALLOWED_METHODS.includes(request.method ?? '')) {
    return {
      status: 405,
      error: 'method_not_allowed',
      message: 'Use GET or HEAD to read and POST to act.',
      headers: { allow: ALLOWED_METHODS.join(', ') }
    }
  }
  if (request.headers.upgrade?.toLowerCase() === 'websocket') {
    return { status: 404, error: 'not_found', message: 'There are no WebSockets here.' }
  }
  return undefined
}

function siteRefusal(request: IncomingMessage, isData: boolean): Refusal | undefined {
  const { origin } = request.headers
  if (origin !== undefined && !isOwnOrigin(origin, request.headers.host ?? '')) {
    return { status: 403, error: 'origin_refused', message: 'Pages of another origin may not ask this dashboard.' }
  }
  const site = request.headers['sec-fetch-site']
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none'
  if (isForeign && (isData || request.method === 'POST')) {
    return { status: 403, error: 'site_refused', message: 'Pages of another site may not ask this dashboard.' }
  }
  return undefined
}

function isOwnOrigin(origin: string, host: string): boolean {
  const match = /^(https?:)\/\/([^/\\?#@\s]+)$/i.exec(origin)
  if (match === null || !URL.canParse(origin) || !URL.canParse(`${match[1]}//${host}`)) return false
  return new URL(origin).host === new URL(`${match[1]}//${host}`).host
}

function changeRefusal(request: IncomingMessage, doors: Doors): Refusal | undefined {
  if (request.method !== 'POST') return undefined
  if (doors.readOnly !== undefined) {
    return { status: 405, error: 'read_only', message: doors.readOnly, headers: { allow: 'GET, HEAD' } }
  }
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0].trim().toLowerCase()
  // A form or a plain-text request can be sent from any page without asking; JSON cannot.
  if (type !== 'application/json') {
    return { status: 415, error: 'json_expected', message: 'Send content-type: application/json.' }
  }
  return tokenRefusal(request, doors, false)
}

function readRefusal(request: IncomingMessage, doors: Doors): Refusal | undefined {
  if (request.method === 'POST' || !doors.needsTokenToRead) return undefined
  return tokenRefusal(request, doors, true)
}

function tokenRefusal(request: IncomingMessage, doors: Doors, allowBasic: boolean): Refusal | undefined {
  if (doors.tokens === undefined) {
    return {
      status: 403,
      error: 'no_token',
      message: 'This dashboard was started without a token: nothing can be changed.'
    }
  }
  const address = request.socket?.remoteAddress ?? ''
  const verdict = doors.tokens.check(request.headers.authorization, address, allowBasic)
  if (verdict === 'right') return undefined
  if (verdict === 'limited') {
    return {
      status: 429,
      error: 'too_many_wrong_tokens',
      message: 'Too many wrong tokens came from this address. Wait a minute.',
      headers: { 'retry-after': '60' }
    }
  }
  const how = 'Send the header "Authorization: Bearer <token>" with the token of this run.'
  const bearer = 'Bearer realm="linescope"'
  return {
    status: 401,
    error: verdict === 'missing' ? 'token_missing' : 'token_wrong',
    message: verdict === 'missing' ? `This needs the token. ${how}` : `That is not the token. ${how}`,
    headers: { 'www-authenticate': allowBasic ? [bearer, 'Basic realm="linescope", charset="UTF-8"'] : bearer }
  }
}
