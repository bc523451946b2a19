// Which format of metrics a client wants, by its Accept header.

import type { MetricsFormat } from '../observer/metrics/write.ts'

export const METRICS_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8'
}

/** OpenMetrics when it is named and wanted at least as much as text, which is what all others get. */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  const ranges = (accept ?? '').split(',').map(rangeOf)
  const openMetrics = highest(ranges.filter(isOpenMetrics))
  const text = highest(ranges.filter(({ type }) => type === 'text/plain'))
  const anyText = highest(ranges.filter(({ type }) => type === 'text/*' || type === '*/*'))
  return openMetrics > 0 && openMetrics >= (text === -1 ? anyText : text) ? 'openmetrics' : 'text'
}

interface MediaRange {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
  readonly quality: number
}

function rangeOf(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map(part => part.trim().toLowerCase())
  const parameters = new Map(
    rest.map(parameter => {
      const [name = '', value = ''] = parameter.split('=', 2)
      return [name.trim(), value.trim().replace(/^"(.*)"$/, '$1')] as const
    })
  )
  const quality = parameters.get('q')
  return { type, parameters, quality: quality === undefined ? 1 : qualityOf(quality) }
}

/** A quality that is none wants nothing. */
function qualityOf(text: string): number {
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : 0
}

function isOpenMetrics({ type, parameters }: MediaRange): boolean {
  const version = parameters.get('version') ?? '1.0.0'
  return type === 'application/openmetrics-text' && (version === '1.0.0' || version === '0.0.1')
}

/** -1: none of them is named. */
function highest(ranges: readonly MediaRange[]): number {
  return Math.max(-1, ...ranges.map(({ quality }) => quality))
}
