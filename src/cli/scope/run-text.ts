// A run in a few lines of text: who it is, how fast it goes, how far it is. Shared by `stats` and `top`.

import type { Stats } from '../../contract/stats.ts'
import { formatBytes, formatCount, formatNumberOf, formatSeconds, formatShare } from '../numbers.ts'
import { safe } from '../output.ts'

/** `shop · running, up for 3 min 02 s · http://localhost:8000` */
export function runTitle({ pipeline, state, uptime_seconds: seconds, tracing }: Stats, url: string): string {
  const isOver = state === 'finished' || state === 'failed' || state === 'crashed'
  const time = isOver ? `it lasted ${formatSeconds(seconds)}` : `up for ${formatSeconds(Math.floor(seconds))}`
  const parts = [safe(pipeline), `${state}, ${time}`]
  if (tracing) parts.push('tracing')
  return [...parts, safe(url)].join(' · ')
}

/** The sentence that names the bottleneck; undefined when the run has none. */
export function bottleneckSentence({ bottleneck }: Stats): string | undefined {
  const { sentence } = (bottleneck ?? {}) as { sentence?: unknown }
  return typeof sentence === 'string' && sentence !== '' ? safe(sentence) : undefined
}

export function rateText({ rates }: Stats): string {
  const { lines, delivered, errors, input_bytes: bytes } = rates
  const parts = [`${formatRate(lines)} lines/s`, `${formatRate(delivered)} delivered/s`]
  if (bytes > 0) parts.push(`${formatBytes(bytes)}/s`)
  parts.push(`${formatRate(errors)} errors/s`)
  return parts.join(' · ')
}

/** From the read of a line to the return of the write; undefined before the first. */
export function latencyText({ end_to_end: latency }: Stats): string | undefined {
  if (latency.p50 === null) return undefined
  const { p50, p95, p99, max } = latency
  const parts = Object.entries({ p50, p95, p99, max }).flatMap(([name, seconds]) =>
    seconds === null ? [] : [`${name} ${formatSeconds(seconds)}`]
  )
  return `end to end ${parts.join(', ')}`
}

/** `1 kind of error`, `2 kinds of errors` */
export function kindsText(count: number): string {
  return count === 1 ? '1 kind of error' : `${formatCount(count)} kinds of errors`
}

/** `612 MB of 1.49 GB (41 %), about 2 min 10 s left`; undefined when nothing is known. */
export function inputText({ input, rates, state }: Stats): string | undefined {
  const { bytes, total_bytes: total } = input
  if (bytes === null) return undefined
  if (total === null || total === 0) return bytes > 0 ? `${formatBytes(bytes)} read` : undefined
  const share = inputShare(input)
  const left = total - bytes
  const text = `${formatBytes(bytes)} of ${formatBytes(total)} read (${formatShare(share)})`
  const isMoving = rates.input_bytes > 0 && left > 0 && state === 'running'
  return isMoving ? `${text}, about ${formatSeconds(left / rates.input_bytes)} left` : text
}

/** From 0 to 1. */
export function inputShare({ bytes, total_bytes: total }: Stats['input']): number {
  return bytes === null || total === null || total === 0 ? 0 : Math.min(1, bytes / total)
}

/** Lines that have been under way for long, and processors that have not come back. */
export function stuckText(stats: Stats): string[] {
  const lines = [...stats.processors, ...stats.sinks].flatMap(({ name, busy_seconds: seconds }) =>
    seconds !== null && seconds >= 1 ? [`"${safe(name)}" has had the thread for ${formatSeconds(seconds)}`] : []
  )
  const [oldest] = [...stats.in_flight].sort((a, b) => b.seconds - a.seconds)
  if (oldest !== undefined && oldest.seconds >= 1) {
    const where = oldest.processor === null ? '' : ` in "${safe(oldest.processor)}"`
    const wait = oldest.is_waiting ? ', waiting for its next try' : ''
    lines.push(
      `oldest line under way: ${safe(oldest.id)}${where}, attempt ${oldest.attempt}, ${formatSeconds(oldest.seconds)}${wait}`
    )
  }
  if (stats.warnings.length > 0) lines.push(`${formatNumberOf(stats.warnings.length, 'warning')} at the start`)
  return lines
}

/** Small rates with a decimal: 0.4 lines a second are not none. */
export function formatRate(rate: number): string {
  return rate > 0 && rate < 9.95 ? rate.toFixed(1) : formatCount(rate)
}
