// One line on stderr that keeps changing while a run goes on; only on a terminal.

import type { StatsAnswer } from '../threads/main.ts'
import { formatBytes, formatCount, formatNumberOf, formatSeconds, formatShare } from './numbers.ts'
import { isTerminal, safe, writeError } from './output.ts'

const INTERVAL_MILLISECONDS = 500
const CLEAR_LINE = '\r\x1b[K'

export class Progress {
  #timer: NodeJS.Timeout | undefined
  #isShown = false

  /** Does nothing where stderr is no terminal. */
  start(stats: () => StatsAnswer): void {
    if (!isTerminal('stderr')) return
    this.#timer = setInterval(() => {
      this.#isShown = true
      writeError(CLEAR_LINE + progressLine(stats()))
    }, INTERVAL_MILLISECONDS)
    this.#timer.unref()
  }

  /** Makes room for another message. */
  clear(): void {
    if (this.#isShown) writeError(CLEAR_LINE)
    this.#isShown = false
  }

  stop(): void {
    clearInterval(this.#timer)
    this.clear()
  }
}

export function progressLine(stats: StatsAnswer): string {
  const { ledger, rates, input } = stats
  const parts = [formatNumberOf(ledger.entered, 'line'), `${formatCount(rates.lines)} lines/s`]
  const bytes = input.bytes ?? 0
  if (input.total_bytes !== null && input.total_bytes > 0) {
    const share = Math.min(1, bytes / input.total_bytes)
    const left = input.total_bytes - bytes
    parts.push(`${formatBytes(bytes)} of ${formatBytes(input.total_bytes)} (${formatShare(share)})`)
    if (rates.input_bytes > 0 && left > 0) parts.push(`about ${formatSeconds(left / rates.input_bytes)} left`)
  } else if (bytes > 0) parts.push(formatBytes(bytes))
  if (stats.total_errors > 0) parts.push(formatNumberOf(stats.total_errors, 'error'))
  const busy = stats.processors.find(processor => (processor.busy_seconds ?? 0) > 1)
  if (busy !== undefined) parts.push(`inside "${safe(busy.name)}" for ${formatSeconds(busy.busy_seconds!)}`)
  return parts.join(' · ')
}
