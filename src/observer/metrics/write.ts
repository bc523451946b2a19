// Families as text that Prometheus reads: its text format 0.0.4, or OpenMetrics 1.0, which has exemplars, units and
// moments of creation as well.

import type { Exemplar, Family, HistogramSample, Labels, PlainFamily, Sample } from './family.ts'

export type MetricsFormat = 'text' | 'openmetrics'

export function writeMetrics(families: readonly Family[], format: MetricsFormat): string {
  const lines = families.flatMap(family => familyLines(family, format))
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

function familyLines(family: Family, format: MetricsFormat): string[] {
  const isOpen = format === 'openmetrics'
  const name = isOpen ? familyName(family) : family.name
  const type = !isOpen && family.type === 'info' ? 'gauge' : family.type
  const lines = [`# HELP ${name} ${escapeHelp(family.help, isOpen)}`, `# TYPE ${name} ${type}`]
  if (isOpen && family.unit !== undefined) lines.push(`# UNIT ${name} ${family.unit}`)
  const created = isOpen && family.createdUnixSeconds !== undefined ? numberText(family.createdUnixSeconds) : undefined
  if (family.type === 'histogram') {
    for (const sample of family.samples) lines.push(...histogramLines(name, sample, isOpen, created))
  } else lines.push(...plainLines(family, name, isOpen, created))
  return lines
}

/** OpenMetrics names a family without the ending of its samples. */
function familyName({ name, type }: Family): string {
  if (type === 'counter') return name.replace(/_total$/, '')
  return type === 'info' ? name.replace(/_info$/, '') : name
}

function plainLines(family: PlainFamily, name: string, isOpen: boolean, created: string | undefined): string[] {
  return [...summedUp(family.samples)].flatMap(([labels, { value, exemplar }]) => {
    const sample = `${family.name}${labels} ${numberText(value)}`
    const mayHaveExemplar = isOpen && family.type === 'counter'
    const lines = [mayHaveExemplar ? sample + exemplarText(exemplar) : sample]
    if (created !== undefined && family.type === 'counter') lines.push(`${name}_created${labels} ${created}`)
    return lines
  })
}

/** The same labels twice would make the whole answer invalid. */
function summedUp(samples: readonly Sample[]): Map<string, Sample> {
  const byLabels = new Map<string, Sample>()
  for (const sample of samples) {
    const labels = labelsText(sample.labels)
    const known = byLabels.get(labels)
    byLabels.set(labels, known === undefined ? sample : { ...known, value: known.value + sample.value })
  }
  return byLabels
}

function histogramLines(name: string, sample: HistogramSample, isOpen: boolean, created: string | undefined): string[] {
  const bucket = (bound: number, count: number, exemplar: Exemplar | undefined): string => {
    const labels = labelsText({ ...sample.labels, le: boundText(bound) })
    return `${name}_bucket${labels} ${numberText(count)}${isOpen ? exemplarText(exemplar) : ''}`
  }
  const labels = labelsText(sample.labels)
  return [
    ...sample.buckets.map(({ bound, count, exemplar }) => bucket(bound, count, exemplar)),
    bucket(Number.POSITIVE_INFINITY, sample.count, sample.exemplar),
    `${name}_sum${labels} ${numberText(sample.sum)}`,
    `${name}_count${labels} ${numberText(sample.count)}`,
    ...(created === undefined ? [] : [`${name}_created${labels} ${created}`])
  ]
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return ''
  const { journeyId, value, unixSeconds } = exemplar
  return ` # ${labelsText({ trace_id: journeyId })} ${numberText(value)} ${numberText(unixSeconds)}`
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** A name is any text; what is no whole character cannot be sent as UTF-8. */
function escapeValue(value: string): string {
  return value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function escapeHelp(help: string, isOpen: boolean): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return isOpen ? escaped.replaceAll('"', '\\"') : escaped
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

/** As Go writes it, with a point: so both formats, and all versions of Prometheus, make one series of it. */
function boundText(bound: number): string {
  if (bound === Number.POSITIVE_INFINITY) return '+Inf'
  if (bound < 1e-4) return bound.toExponential().replace(/e-(\d)$/, 'e-0$1')
  return Number.isInteger(bound) ? `${bound}.0` : String(bound)
}
