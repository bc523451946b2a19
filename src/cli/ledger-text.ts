// The ledger and the numbers of each processor and sink as text, for the end of a run and for whoever looks at one.

import type { Ledger } from '../contract/ledger.ts'
import { alignColumns, emptyColumns } from './columns.ts'
import { formatBytes, formatCount, formatNumberOf, formatSeconds, formatShare } from './numbers.ts'
import { safe } from './output.ts'

/** What is null is not known. */
export interface NodeNumbers {
  readonly name: string
  readonly received: number
  readonly errors: number
  readonly dead: number
  readonly processing_time: number
  readonly lines_per_second: number | null
  readonly p50: number | null
  readonly p99: number | null
  readonly is_estimate: boolean
}

export interface ProcessorNumbers extends NodeNumbers {
  readonly emitted: number
  readonly retries: number
  readonly dropped: number
}

export interface SinkNumbers extends NodeNumbers {
  readonly bytes_written: number
}

export interface RunNumbers {
  readonly processors: readonly ProcessorNumbers[]
  readonly sinks: readonly SinkNumbers[]
}

export interface NodeTableWishes {
  readonly withRates?: boolean
  readonly width?: number
}

// What a narrow terminal can do without, the least important first.
const EXPENDABLE = ['emitted', 'p50', 'share', 'time']

export function nodeTable(run: RunNumbers, { withRates = false, width }: NodeTableWishes = {}): string[] {
  const total = [...run.processors, ...run.sinks].reduce((sum, node) => sum + node.processing_time, 0)
  const rate = (node: NodeNumbers): string[] =>
    withRates ? [node.lines_per_second === null ? '–' : formatCount(node.lines_per_second)] : []
  const rows = [
    [
      '',
      ...(withRates ? ['lines/s'] : []),
      ...['received', 'emitted', 'dropped', 'errors', 'retries', 'dead', 'time', 'share', 'p50', 'p99']
    ],
    ...run.processors.map(processor => [
      safe(processor.name),
      ...rate(processor),
      formatCount(processor.received),
      formatCount(processor.emitted),
      formatCount(processor.dropped),
      formatCount(processor.errors),
      formatCount(processor.retries),
      formatCount(processor.dead),
      formatSeconds(processor.processing_time),
      formatShare(total === 0 ? 0 : processor.processing_time / total),
      quantile(processor.p50, processor.is_estimate),
      quantile(processor.p99, processor.is_estimate)
    ]),
    ...run.sinks.map(sink => [
      `→ ${safe(sink.name)}`,
      ...rate(sink),
      formatCount(sink.received),
      '',
      '',
      formatCount(sink.errors),
      '',
      formatCount(sink.dead),
      formatSeconds(sink.processing_time),
      formatShare(total === 0 ? 0 : sink.processing_time / total),
      '',
      sink.bytes_written > 0 ? formatBytes(sink.bytes_written) : ''
    ])
  ]
  if (width === undefined) return alignColumns(rows)
  return alignColumns(rows, { width, expendable: [...emptyColumns(rows), ...EXPENDABLE] })
}

export function quantile(seconds: number | null, isEstimate: boolean): string {
  return seconds === null ? '–' : `${isEstimate ? '~' : ''}${formatSeconds(seconds)}`
}

/** `1,000 entered = 990 delivered + 10 dropped` */
export function ledgerEquation(ledger: Ledger): string {
  const left = [`${formatCount(ledger.entered)} entered`]
  if (ledger.replayed > 0) left.push(`${formatCount(ledger.replayed)} replayed`)
  if (ledger.forked > 0) left.push(`${formatCount(ledger.forked)} forked`)
  const right = [`${formatCount(ledger.delivered)} delivered`]
  for (const name of ['dropped', 'dead', 'unmatched', 'joined', 'in_flight'] as const) {
    if (ledger[name] > 0) right.push(`${formatCount(ledger[name])} ${name.replace('_', ' ')}`)
  }
  return `${left.join(' + ')} = ${right.join(' + ')}`
}

export function ledgerLines(ledger: Ledger): string[] {
  return [ledgerEquation(ledger), `${formatNumberOf(ledger.unaccounted, 'line')} unaccounted`]
}
