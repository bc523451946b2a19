// The arguments of `linescope run`, as commander hands them over, and what follows from them alone.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { UserError } from '../base/user-error.ts'
import type { OutputArgument } from '../config/load-plan.ts'

export interface RunArguments {
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly trace: boolean
  readonly port: number
  readonly host: string
  readonly allowHost: readonly string[]
  readonly dashboard: boolean
  readonly tokenFile?: string
  readonly exit: boolean
  readonly lanes: string
  readonly state?: string
  readonly resume: boolean
  readonly fresh: boolean
  readonly watch: boolean
  readonly lines: number
  readonly quiet: boolean
  readonly json: boolean
  readonly failOnDead: boolean
}

/** `PATH` or `NAME=PATH`. */
export function outputArgument(text: string): OutputArgument {
  const equals = text.indexOf('=')
  return equals <= 0 ? { path: text } : { name: text.slice(0, equals), path: text.slice(equals + 1) }
}

/** The token for changes, and for everything on a host that others can reach. */
export function tokenOf(options: Pick<RunArguments, 'tokenFile'>): {
  readonly token: string
  readonly isGiven: boolean
} {
  const given = options.tokenFile === undefined ? process.env['LINESCOPE_TOKEN'] : readToken(options.tokenFile)
  if (given !== undefined && given !== '') return { token: given, isGiven: true }
  return { token: randomBytes(32).toString('base64url'), isGiven: false }
}

/** Throws a UserError for a host that others can reach when nobody has given a token. */
export function requireToken(host: string, isGiven: boolean): void {
  const isLoopback = ['127.0.0.1', '::1', '[::1]', 'localhost'].includes(host)
  if (isLoopback || isGiven) return
  throw new UserError(`--host ${host} can be reached by other machines: it needs a token`, {
    hint: 'Set LINESCOPE_TOKEN or give --token-file.'
  })
}

export function readToken(file: string): string {
  let token: string
  try {
    token = readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new UserError(`--token-file: cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
  if (token === '') throw new UserError(`--token-file: ${file} is empty`)
  return token
}
