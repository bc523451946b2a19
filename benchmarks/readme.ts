// What of the results goes into the README, between marks there.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** More CPU time than without any telemetry: 0.05 is 5 %. */
export interface CostOfMode {
  /** Without a tenth of the rounds at either end. */
  readonly mean: number
  /** Of the mean, with 95 % confidence. */
  readonly low: number
  readonly high: number
  readonly median: number
  readonly ratios: readonly number[]
}

export interface Costs {
  readonly rounds: number
  readonly metrics: CostOfMode
  readonly journeys: CostOfMode
}

const README = fileURLToPath(new URL('../README.md', import.meta.url))
const START = '<!-- overhead:start -->\n'
const END = '<!-- overhead:end -->'

export function overheadTable({ rounds, metrics, journeys }: Costs): string {
  return `| CPU time of the lane, \`route\`, ${rounds} rounds side by side | more than without any | 95 % interval |
|---|---:|---:|
| counts, paths, times | ${percent(metrics.mean)} | ${percent(metrics.low)} to ${percent(metrics.high)} |
| and \`--trace\`: every journey, kept ones with values, every line findable | ${percent(journeys.mean)} | ${percent(journeys.low)} to ${percent(journeys.high)} |
`
}

/** Throws an Error when the marks are gone. */
export function writeOverhead(costs: Costs): void {
  const text = readFileSync(README, 'utf8')
  const start = text.indexOf(START)
  const end = text.indexOf(END)
  if (start === -1 || end < start) throw new Error('README.md has no place for the table of costs.')
  writeFileSync(README, `${text.slice(0, start + START.length)}${overheadTable(costs)}${text.slice(end)}`)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
