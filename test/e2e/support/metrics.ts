// What /metrics says, as numbers; and what must hold of it and of /api/v1/graph at any moment.

import assert from 'node:assert/strict'

import type { Graph } from '../../../src/contract/graph.ts'

/** Value of each sample, by its name and labels as they stand in the text. */
export type Samples = ReadonlyMap<string, number>

const TYPES = { text: 'text/plain', openmetrics: 'application/openmetrics-text;version=1.0.0' } as const
const SAMPLE = /^([a-z_]+(?:\{.*?\})?) (\S+)(?: # \{.*\} \S+ \S+)?$/

export async function readMetrics(url: string, format: keyof typeof TYPES): Promise<Samples> {
  const response = await fetch(`${url}/metrics`, { headers: { accept: TYPES[format] } })
  assert.equal(response.status, 200)
  const lines = (await response.text()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const samples = lines.map(line => {
    const match = SAMPLE.exec(line)
    assert.ok(match !== null, line)
    return [match[1], Number(match[2])] as const
  })
  assert.equal(new Set(samples.map(([name]) => name)).size, samples.length, 'two samples with the same labels')
  return new Map(samples)
}

/** Counters and histograms: what Prometheus takes for a restart when it falls. */
export function isCounter(sample: string): boolean {
  return /^[a-z_]+_(total|count|sum|bucket)(\{|$)/.test(sample)
}

export function falls(before: Samples, after: Samples): string[] {
  return [...before].flatMap(([sample, value]) => {
    const now = after.get(sample)
    if (now === undefined) return /_created(\{|$)/.test(sample) ? [] : [`${sample} is gone`]
    return isCounter(sample) && now < value ? [`${sample} fell from ${value} to ${now}`] : []
  })
}

/** By the numbers that are in the answer: at each node and in all. */
export function assertBalancedGraph({ nodes, edges, unaccounted }: Graph): void {
  assert.equal(unaccounted, 0, JSON.stringify(nodes.filter(({ ledger }) => ledger?.unaccounted !== 0)))
  for (const { id, name, lines, ledger } of nodes) {
    if (ledger === null) continue
    const sum = (chosen: Graph['edges']): number => chosen.reduce((all, edge) => all + edge.lines, 0)
    const came = sum(edges.filter(({ to }) => to === id))
    const went = sum(edges.filter(({ from }) => from === id))
    assert.equal(came, lines, name)
    assert.equal(came + ledger.forked, went + ledger.held + ledger.undone, `${name}: ${JSON.stringify(ledger)}`)
  }
}
