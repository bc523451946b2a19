// What the dashboard and the report at the end say, and that their numbers add up.

import assert from 'node:assert/strict'

import type { Errors } from '../../../src/contract/errors.ts'
import type { Ledger } from '../../../src/contract/ledger.ts'
import type { Stats } from '../../../src/contract/stats.ts'
import type { Traces } from '../../../src/contract/trace.ts'
import { type Ended, until } from './cli.ts'

export interface Report extends Stats {
  readonly exit_code: number
}

export async function getText(url: string, path: string): Promise<string> {
  const response = await fetch(url + path, { signal: AbortSignal.timeout(30_000) })
  assert.equal(response.status, 200, path)
  return await response.text()
}

export const getStats = async (url: string): Promise<Stats> => JSON.parse(await getText(url, '/stats'))
export const getTrace = async (url: string, query = ''): Promise<Traces> =>
  JSON.parse(await getText(url, `/trace${query}`))
export const getErrors = async (url: string): Promise<Errors> => JSON.parse(await getText(url, '/errors'))

/** `/stats`, once `isWanted` holds. */
export async function statsWhen(url: string, what: string, isWanted: (stats: Stats) => boolean): Promise<Stats> {
  return await until(what, async () => {
    const stats = await getStats(url)
    return isWanted(stats) ? stats : undefined
  })
}

/** The report that `--json` puts on stdout. Its ledger must balance. */
export function reportOf({ stdout, stderr }: Ended): Report {
  let report: Report
  try {
    report = JSON.parse(stdout.toString())
  } catch {
    throw new Error(`no JSON report on stdout: ${stdout.toString()}\nstderr: ${stderr}`)
  }
  assertBalanced(report.ledger)
  return report
}

export function assertBalanced(ledger: Ledger): void {
  const { entered, replayed, forked, delivered, dropped, dead, unmatched, joined, in_flight: inFlight } = ledger
  assert.equal(ledger.unaccounted, 0, JSON.stringify(ledger))
  assert.equal(
    entered + replayed + forked,
    delivered + dropped + dead + unmatched + joined + inFlight,
    JSON.stringify(ledger)
  )
}

/** A mistake of the user is said in a few lines, without a stack trace, and ends with exit code 2. */
export function assertRefused(ended: Ended, ...patterns: readonly RegExp[]): void {
  for (const pattern of patterns) assert.match(ended.stderr, pattern)
  assert.doesNotMatch(ended.stderr, /^\s+at |should not have happened/m)
  assert.equal(ended.code, 2, ended.stderr)
  assert.equal(ended.stdout.toString(), '')
}
