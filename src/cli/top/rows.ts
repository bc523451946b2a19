// The table of `top`: a row for each processor and sink, filtered and sorted, as many columns as fit.

import type { ProcessorStats, SinkStats, Stats } from '../../contract/stats.ts'
import { alignColumns } from '../columns.ts'
import { quantile } from '../ledger-text.ts'
import { formatCount, formatShare } from '../numbers.ts'
import { safe } from '../output.ts'
import { formatRate } from '../scope/run-text.ts'
import type { NodeShares } from '../scope/shares.ts'
import type { NodeRates, RecentRates } from './rates.ts'

export const SORTS = ['order', 'in/s', 'out/s', 'err/s', 'busy', 'p50', 'p99', 'retries', 'dropped', 'dead'] as const
export type Sort = (typeof SORTS)[number]

export interface TopRow {
  readonly name: string
  readonly isSink: boolean
  readonly node: ProcessorStats | SinkStats
  readonly rates: NodeRates | undefined
  readonly shares: NodeShares | undefined
}

/** In declared order. */
export function rowsOf(stats: Stats, rates: RecentRates, shares: ReadonlyMap<string, NodeShares>): TopRow[] {
  const row = (node: ProcessorStats | SinkStats, isSink: boolean): TopRow => ({
    name: node.name,
    isSink,
    node,
    rates: rates.of(node.name),
    shares: shares.get(node.name)
  })
  return [...stats.processors.map(node => row(node, false)), ...stats.sinks.map(node => row(node, true))]
}

export function filterRows(rows: readonly TopRow[], filter: string): TopRow[] {
  const wanted = filter.toLowerCase()
  return rows.filter(({ name }) => name.toLowerCase().includes(wanted))
}

/** The largest first, except by order. Sinks stay behind the processors in declared order only. */
export function sortRows(rows: readonly TopRow[], sort: Sort, isReversed: boolean): TopRow[] {
  const sorted = sort === 'order' ? [...rows] : rows.toSorted((a, b) => sortValue(b, sort) - sortValue(a, sort))
  return isReversed ? sorted.reverse() : sorted
}

function sortValue({ node, rates, shares }: TopRow, sort: Sort): number {
  switch (sort) {
    case 'in/s':
      return node.lines_per_second
    case 'out/s':
      return rates?.out ?? 0
    case 'err/s':
      return rates?.errors ?? 0
    case 'busy':
      return shares?.busy ?? node.share_of_time
    case 'p50':
      return node.p50 ?? 0
    case 'p99':
      return node.p99 ?? 0
    case 'retries':
      return 'retries' in node ? node.retries : 0
    case 'dropped':
      return 'dropped' in node ? node.dropped : 0
    case 'dead':
      return node.dead
    default:
      return 0
  }
}

// What a narrow terminal can do without, the least important first.
const EXPENDABLE = ['held', 'dead', 'p50', 'idle', 'blocked', 'waiting', 'retries', 'dropped']

/** The head, then a line for each row. */
export function tableLines(rows: readonly TopRow[], sort: Sort, isReversed: boolean, width: number): string[] {
  const hasShares = rows.some(({ shares }) => shares !== undefined)
  const heads = [
    'name',
    ...['in/s', 'out/s', 'err/s'],
    hasShares ? 'busy' : 'share',
    ...(hasShares ? ['waiting', 'blocked', 'idle'] : []),
    ...['p50', 'p99', 'retries', 'dropped', 'dead', 'held']
  ]
  const marked = heads.map(head =>
    head === sort || (head === 'share' && sort === 'busy') ? `${isReversed ? '▲' : '▼'}${head}` : head
  )
  const cells = [marked, ...rows.map(row => cellsOf(row, hasShares))]
  return alignColumns(cells, { width, expendable: EXPENDABLE })
}

function cellsOf({ name, isSink, node, rates, shares }: TopRow, hasShares: boolean): string[] {
  const share = (part: number | undefined): string => (part === undefined ? '–' : formatShare(part))
  const count = (key: 'retries' | 'dropped'): string => (key in node ? formatCount((node as ProcessorStats)[key]) : '')
  return [
    isSink ? `→ ${safe(name)}` : safe(name),
    formatRate(node.lines_per_second),
    rates === undefined ? '–' : formatRate(rates.out),
    rates === undefined ? '–' : formatRate(rates.errors),
    share(shares?.busy ?? node.share_of_time),
    ...(hasShares ? [share(shares?.waiting), share(shares?.blocked), share(shares?.idle)] : []),
    quantile(node.p50, node.is_estimate),
    quantile(node.p99, node.is_estimate),
    count('retries'),
    count('dropped'),
    formatCount(node.dead),
    formatCount(node.held)
  ]
}
