// What a run says at its end: a table by processor, and the ledger.

import type { StatsAnswer } from '../threads/main.ts'
import { formatBytes, formatCount, formatNumberOf, formatSeconds, formatShare } from './numbers.ts'
import { safe } from './output.ts'

/** `enteredBefore`: lines of the run that this one has gone on from. */
export function endReport(stats: StatsAnswer, wallSeconds: number, enteredBefore: number): string {
  const { ledger } = stats
  const rate = wallSeconds > 0 ? (ledger.entered - enteredBefore) / wallSeconds : 0
  return [
    '',
    ...nodeTable(stats),
    '',
    ...ledgerLines(ledger),
    '',
    `${formatNumberOf(stats.total_lines_processed, 'line')}, ${formatBytes(stats.input.bytes)} read in ` +
      `${formatSeconds(wallSeconds)}: ${formatCount(rate)} lines/s`,
    ...(enteredBefore > 0 ? [`${formatNumberOf(enteredBefore, 'line')} of them before this run.`] : []),
    ...(stats.bottleneck === null ? [] : [safe(stats.bottleneck.sentence)]),
    ...notes(stats)
  ].join('\n')
}

function nodeTable(stats: StatsAnswer): string[] {
  const total = [...stats.processors, ...stats.sinks].reduce((sum, node) => sum + node.processing_time, 0)
  const rows = [
    ['', 'received', 'emitted', 'dropped', 'errors', 'retries', 'dead', 'time', 'share', 'p50', 'p99'],
    ...stats.processors.map(processor => [
      safe(processor.name),
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
    ...stats.sinks.map(sink => [
      `→ ${safe(sink.name)}`,
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
  return alignColumns(rows)
}

function quantile(seconds: number | null, isEstimate: boolean): string {
  return seconds === null ? '–' : `${isEstimate ? '~' : ''}${formatSeconds(seconds)}`
}

function ledgerLines(ledger: StatsAnswer['ledger']): string[] {
  const left = [`${formatCount(ledger.entered)} entered`]
  if (ledger.replayed > 0) left.push(`${formatCount(ledger.replayed)} replayed`)
  if (ledger.forked > 0) left.push(`${formatCount(ledger.forked)} forked`)
  const right = [`${formatCount(ledger.delivered)} delivered`]
  for (const name of ['dropped', 'dead', 'unmatched', 'joined', 'in_flight'] as const) {
    if (ledger[name] > 0) right.push(`${formatCount(ledger[name])} ${name.replace('_', ' ')}`)
  }
  return [`${left.join(' + ')} = ${right.join(' + ')}`, `${formatNumberOf(ledger.unaccounted, 'line')} unaccounted`]
}

function notes(stats: StatsAnswer): string[] {
  const { invalid_utf8_lines: invalid, embedded_newlines: newlines } = stats.input
  const lines: string[] = []
  if (invalid > 0)
    lines.push(`${formatNumberOf(invalid, 'changed line')} held bytes that are not UTF-8: they became U+FFFD.`)
  if (newlines > 0) {
    const were = newlines === 1 ? 'was' : 'were'
    lines.push(`${formatNumberOf(newlines, 'value')} ${were} written with a newline inside.`)
  }
  return lines
}

/** The first column to the left, numbers to the right. */
function alignColumns(rows: string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => [...row[column]].length)))
  return rows.map(row =>
    row
      .map((cell, column) => {
        const space = ' '.repeat(widths[column] - [...cell].length)
        return column === 0 ? cell + space : space + cell
      })
      .join('  ')
      .trimEnd()
  )
}
