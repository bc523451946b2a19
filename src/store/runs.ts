// The runs of a state folder: when, how they ended, and the ledger. A run that is killed leaves what was last seen.

import type { DatabaseSync } from 'node:sqlite'

import type { Ledger } from '../contract/ledger.ts'
import type { Runs, StoredRun } from '../contract/runs.ts'
import type { RunEnd } from './messages.ts'
import { moment } from './moments.ts'
import { change, numberIn, type Row, rowOf, rowsOf, textIn, textOrNullIn } from './statements.ts'

/** What is known of a run from its start. */
export interface KnownRun {
  /** Tells it from all other runs of its folder. */
  readonly startedAt: number
  readonly pipeline: string
  readonly version: string
  readonly configHash: string
  readonly isTraced: boolean
}

const KEPT_RUNS = 1_000
const ENDINGS: readonly StoredRun['ending'][] = ['end', 'stopped', 'failed', 'stop_on_error', 'sink_closed']

/** Its number; it is entered when it is not there. */
export function numberOfRun(database: DatabaseSync, run: KnownRun): number {
  const found = rowOf(database, 'SELECT run FROM runs WHERE started = ?', run.startedAt)
  if (found !== undefined) return numberIn(found, 'run')
  const sql = `INSERT INTO runs (started, seen, pipeline, version, config_hash, is_traced)
    VALUES (?, ?, ?, ?, ?, ?) RETURNING run`
  const { startedAt, pipeline, version, configHash, isTraced } = run
  const made = rowOf(database, sql, startedAt, startedAt, pipeline, version, configHash, isTraced ? 1 : 0)!
  const number = numberIn(made, 'run')
  for (const table of ['runs', 'error_groups']) {
    change(database, `DELETE FROM ${table} WHERE run <= ?`, number - KEPT_RUNS)
  }
  return number
}

export function noteLedger(database: DatabaseSync, run: number, at: number, ledger: Ledger): void {
  change(database, 'UPDATE runs SET seen = ?, ledger = ? WHERE run = ?', at, JSON.stringify(ledger), run)
}

export function noteEnd(database: DatabaseSync, run: number, { at, ending, message }: RunEnd): void {
  const sql = 'UPDATE runs SET ended = ?, ending = ?, message = ? WHERE run = ?'
  change(database, sql, at, ending, message ?? null, run)
}

export function noteExitCode(database: DatabaseSync, run: number, exitCode: number): void {
  change(database, 'UPDATE runs SET exit_code = ? WHERE run = ?', exitCode, run)
}

/** `current`: when the run that goes on now was started. */
export function findRuns(database: DatabaseSync, limit: number, current: number | undefined): Runs {
  return {
    runs: rowsOf(database, 'SELECT * FROM runs ORDER BY run DESC LIMIT ?', limit).map(row => runOf(row, current))
  }
}

function runOf(row: Row, current: number | undefined): StoredRun {
  const started = numberIn(row, 'started')
  const ended = row['ended'] === null ? undefined : numberIn(row, 'ended')
  const isOn = ended === undefined && started === current
  const ending = textOrNullIn(row, 'ending') as StoredRun['ending'] | null
  const ledger = textOrNullIn(row, 'ledger')
  return {
    run: numberIn(row, 'run'),
    started_at: moment(started),
    ended_at: isOn ? null : moment(ended ?? numberIn(row, 'seen')),
    ending: isOn ? 'running' : ending === null ? 'killed' : ENDINGS.includes(ending) ? ending : 'other',
    message: textOrNullIn(row, 'message'),
    exit_code: row['exit_code'] === null ? null : numberIn(row, 'exit_code'),
    pipeline: textIn(row, 'pipeline'),
    version: textIn(row, 'version'),
    config_hash: textIn(row, 'config_hash'),
    tracing: numberIn(row, 'is_traced') === 1,
    ledger: ledger === null ? null : (JSON.parse(ledger) as Ledger)
  }
}
