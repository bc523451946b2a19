// What grew in each second, ten seconds and minute: short steps are kept for a short time, long ones for longer.

import type { DatabaseSync } from 'node:sqlite'

import type { History, HistoryPoint } from '../contract/history.ts'
import { DamagedError } from './faults.ts'
import type { HistoryQuery, HistorySample, NodeSample, StepSeconds } from './messages.ts'
import { moment } from './moments.ts'
import { change, numberIn, type Row, rowsOf, textIn } from './statements.ts'

const KEPT_SECONDS: Readonly<Record<StepSeconds, number>> = { 1: 600, 10: 7_200, 60: 86_400 }
/** Of each step so many processors and sinks are kept: those that took most time. */
const NODES = 200

// A thread that takes the place of another tells of a step again, and knows only its end: the longer part stays.
const INSERT = `INSERT INTO history (step, at, run, seconds, entered, settled, errors, dead, bytes, nodes)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (step, at, run) DO UPDATE SET seconds = excluded.seconds, entered = excluded.entered,
    settled = excluded.settled, errors = excluded.errors, dead = excluded.dead, bytes = excluded.bytes,
    nodes = excluded.nodes
  WHERE excluded.seconds > history.seconds`

export function addHistory(database: DatabaseSync, run: number, sample: HistorySample): void {
  const { step, at, seconds, entered, settled, errors, dead, bytes } = sample
  const nodes = sample.nodes
    .toSorted((a, b) => b.timeSeconds - a.timeSeconds || b.received - a.received)
    .slice(0, NODES)
    .map(node => [node.name, node.received, node.emitted, node.errors, node.timeSeconds, node.p50, node.p95, node.p99])
  change(database, INSERT, step, at, run, seconds, entered, settled, errors, dead, bytes, JSON.stringify(nodes))
  change(database, 'DELETE FROM history WHERE step = ? AND at < ?', step, at - KEPT_SECONDS[step] * 1_000)
}

export function findHistory(database: DatabaseSync, { from, to, step, node }: HistoryQuery): History {
  const sql = 'SELECT * FROM history WHERE step = ? AND at >= ? AND at < ? ORDER BY at, run LIMIT 5000'
  const points = rowsOf(database, sql, step, from, to).map(row => pointOf(row, node))
  return { step_seconds: step, node: node ?? null, points }
}

function pointOf(row: Row, node: string | undefined): HistoryPoint {
  // Never nothing: a rate is of a length.
  const seconds = Math.max(numberIn(row, 'seconds'), 1e-3)
  const rate = (column: string): number => numberIn(row, column) / seconds
  return {
    at: moment(numberIn(row, 'at')),
    seconds,
    run: numberIn(row, 'run'),
    entered_per_second: rate('entered'),
    settled_per_second: rate('settled'),
    errors_per_second: rate('errors'),
    dead_per_second: rate('dead'),
    bytes_per_second: rate('bytes'),
    node: node === undefined ? null : nodePointOf(nodesIn(row), node, seconds)
  }
}

function nodePointOf(nodes: readonly NodeSample[], name: string, seconds: number): HistoryPoint['node'] {
  const node = nodes.find(sample => sample.name === name)
  return {
    received_per_second: (node?.received ?? 0) / seconds,
    emitted_per_second: (node?.emitted ?? 0) / seconds,
    errors_per_second: (node?.errors ?? 0) / seconds,
    busy: (node?.timeSeconds ?? 0) / seconds,
    p50: node?.p50 ?? null,
    p95: node?.p95 ?? null,
    p99: node?.p99 ?? null
  }
}

type StoredNode = [string, number, number, number, number, number | null, number | null, number | null]

function nodesIn(row: Row): NodeSample[] {
  const stored: unknown = JSON.parse(textIn(row, 'nodes'))
  if (!Array.isArray(stored)) throw new DamagedError('it is damaged: nodes of history are no list')
  return (stored as StoredNode[]).map(([name, received, emitted, errors, timeSeconds, p50, p95, p99]) => ({
    name,
    received,
    emitted,
    errors,
    timeSeconds,
    p50,
    p95,
    p99
  }))
}
