// The page of one processor or sink: its numbers, its kinds of errors, the newest journeys through it.

import type { ErrorGroup } from '../../contract/errors.ts'
import type { Trace } from '../../contract/trace.ts'
import { oneLine } from '../dead-letters/escape-bytes.ts'
import { timeOf } from '../dead-letters/letter-text.ts'
import { quantile } from '../ledger-text.ts'
import { formatCount, formatNumberOf, formatSeconds, formatShare } from '../numbers.ts'
import { safe } from '../output.ts'
import { placeOf } from '../scope/errors.ts'
import { formatRate, kindsText } from '../scope/run-text.ts'
import { outcomeText } from '../scope/trace-tree.ts'
import type { Known } from './frame.ts'
import type { TopRow } from './rows.ts'
import { line, piece, type ScreenLine } from './style.ts'

const GROUPS_SHOWN = 5
const JOURNEYS_SHOWN = 100

export function detailLines({ errors, traces }: Known, row: TopRow, columns: number): ScreenLine[] {
  const groups = errors?.groups.filter(({ processor }) => processor === row.name) ?? []
  const journeys = traces?.traces.filter(({ path }) => path.includes(row.name)).toReversed() ?? []
  return [
    line(`${row.isSink ? '→ ' : ''}${safe(row.name)}`, 'bold'),
    ...numberLines(row),
    [],
    line(groups.length === 0 ? 'No errors.' : kindsText(groups.length), 'bold'),
    ...groups.slice(0, GROUPS_SHOWN).flatMap(groupLines),
    ...(groups.length > GROUPS_SHOWN ? [line(`  … and ${groups.length - GROUPS_SHOWN} more`, 'dim')] : []),
    [],
    line(journeysTitle(traces?.tracing, journeys), 'bold'),
    ...journeys.slice(0, JOURNEYS_SHOWN).map(trace => journeyLine(trace, columns))
  ]
}

function numberLines({ node, rates, shares }: TopRow): ScreenLine[] {
  const flow = [`${formatCount(node.received)} received (${formatRate(node.lines_per_second)}/s)`]
  if ('emitted' in node) flow.push(`${formatCount(node.emitted)} emitted`)
  if (node.delivered > 0) flow.push(`${formatCount(node.delivered)} delivered`)
  if ('dropped' in node) flow.push(`${formatCount(node.dropped)} dropped`)
  if ('unmatched' in node && node.unmatched > 0) flow.push(`${formatCount(node.unmatched)} unmatched`)
  flow.push(`${formatCount(node.dead)} dead`, `${formatCount(node.held)} held`)
  const failed = rates === undefined ? '' : ` (${formatRate(rates.errors)}/s)`
  const tries = [`${formatCount(node.errors)} failed ${node.errors === 1 ? 'try' : 'tries'}${failed}`]
  if ('retries' in node) tries.push(formatNumberOf(node.retries, 'further try').replace('trys', 'tries'))
  const { p50, p95, p99, max, is_estimate: isEstimate } = node
  const quantiles = Object.entries({ p50, p95, p99, max }).map(
    ([name, value]) => `${name} ${quantile(value, isEstimate)}`
  )
  const time = [
    `${formatSeconds(node.processing_time)} inside it`,
    ...(shares === undefined
      ? [`${formatShare(node.share_of_time)} of the time of all`]
      : Object.entries(shares).map(([name, share]) => `${name} ${formatShare(share)}`)),
    ...quantiles
  ]
  const tags =
    'tags' in node && node.tags.length > 0
      ? [line(`to ${node.tags.map(({ tag, lines }) => `${safe(tag)}: ${formatCount(lines)}`).join(', ')}`)]
      : []
  return [line(flow.join(' · ')), line(tries.join(' · ')), line(time.join(' · ')), ...tags]
}

function groupLines(group: ErrorGroup): ScreenLine[] {
  return [
    [
      piece(`  ${formatCount(group.count)} × `, 'red'),
      piece(`${oneLine(group.name)}: ${oneLine(group.message)}`),
      piece(`  last ${timeOf(Date.parse(group.last_at)).slice(11)}`, 'dim')
    ],
    [piece(`    ${placeOf(group)} `, 'dim'), piece(oneLine(group.line))]
  ]
}

function journeyLine(trace: Trace, columns: number): ScreenLine {
  const isBad = ['dead', 'unmatched'].includes(trace.outcome)
  return [
    piece(`  ${safe(trace.id)}  `, 'dim'),
    piece(outcomeText(trace), isBad ? 'red' : 'plain'),
    piece(`  ${oneLine(trace.route, Math.max(20, Math.floor(columns / 3)))}  `, 'dim'),
    piece(oneLine(trace.line, columns))
  ]
}

function journeysTitle(isTracing: boolean | undefined, journeys: readonly Trace[]): string {
  if (isTracing === undefined) return 'Journeys: asking…'
  if (!isTracing) return 'Journeys: none, the run was started without --trace.'
  return journeys.length === 0 ? 'No journey through it among the newest.' : 'Newest journeys through it'
}
