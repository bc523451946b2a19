// What a run says at its end: a table by processor, and the ledger.

import type { StatsAnswer } from '../threads/main.ts'
import { ledgerLines, nodeTable } from './ledger-text.ts'
import { formatBytes, formatCount, formatNumberOf, formatSeconds } from './numbers.ts'
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
    `${formatNumberOf(stats.total_lines_processed, 'line')}, ${formatBytes(stats.input.bytes ?? 0)} read in ` +
      `${formatSeconds(wallSeconds)}: ${formatCount(rate)} lines/s`,
    ...(enteredBefore > 0 ? [`${formatNumberOf(enteredBefore, 'line')} of them before this run.`] : []),
    ...(stats.bottleneck === null ? [] : [safe(stats.bottleneck.sentence)]),
    ...notes(stats)
  ].join('\n')
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
