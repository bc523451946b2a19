// The groups of errors of one run, as they were stored: of an earlier run, too, with or without a process that answers.

import { quote } from '../../base/quote.ts'
import type { ErrorGroups } from '../../contract/error-groups.ts'
import type { ErrorGroup } from '../../contract/errors.ts'
import { MAXIMUM_LIMIT } from '../../contract/limit.ts'
import type { StoredRun as RunEntry, Runs } from '../../contract/runs.ts'
import { ReadOnlyStore } from '../../threads/stored.ts'
import { shownPath } from '../checks/state-folders.ts'
import { timeOf } from '../dead-letters/letter-text.ts'
import { safe } from '../output.ts'
import type { RunClient } from './client.ts'
import type { StoredRun } from './find-run.ts'
import { newestStored } from './stored-run.ts'
import { Unreachable } from './unreachable.ts'

export interface FoundRunErrors {
  /** As `--json` prints it. */
  readonly json: string | object
  readonly groups: readonly ErrorGroup[]
  /** `Run 3 · 2026-11-24 20:07:28 · killed` */
  readonly title: string
}

const SHOWN_RUNS = 5

export async function askRunErrors(client: RunClient, run: string): Promise<FoundRunErrors> {
  const found = await client.find<ErrorGroups>(`/api/v1/errors?run=${run}&limit=${MAXIMUM_LIMIT}`, 'groups')
  const { body } = await client.get<Runs>(`/api/v1/runs?limit=${MAXIMUM_LIMIT}`, 'runs')
  if (found === undefined) throw noSuchRun(run, body.runs)
  return { json: found.text, groups: found.body.groups, title: titleOf(found.body.run ?? 0, body.runs) }
}

export function storedRunErrors(stored: StoredRun, run: string): FoundRunErrors {
  const { folder } = newestStored(stored)
  const where = quote(shownPath(folder))
  let store: ReadOnlyStore | undefined
  try {
    store = ReadOnlyStore.open(folder)
    if (store === undefined) throw new Unreachable(`there is no database in ${where}: the errors of runs are not known`)
    const { runs } = store.answer('runs', { limit: MAXIMUM_LIMIT })
    const number = run === 'last' ? undefined : Number(run)
    const query = { run: number, sort: 'count', limit: MAXIMUM_LIMIT } as const
    const { run: found, ...answer } = store.answer('errorGroups', query)
    if (found === undefined) throw noSuchRun(run, runs)
    return {
      json: { from: 'store', state_folder: shownPath(folder), run: found, ...answer },
      groups: answer.groups,
      title: titleOf(found, runs)
    }
  } catch (failure) {
    if (failure instanceof Unreachable) throw failure
    const reason = failure instanceof Error ? failure.message : String(failure)
    throw new Unreachable(`the database in ${where} cannot be read: ${reason}`, {
      hint: 'linescope verify says whether it is whole.',
      cause: failure
    })
  } finally {
    store?.close()
  }
}

function titleOf(run: number, runs: readonly RunEntry[]): string {
  const entry = runs.find(each => each.run === run)
  return entry === undefined ? `Run ${run}` : describe(entry)
}

function describe({ run, started_at: started, ending }: RunEntry): string {
  return safe(`Run ${run} · ${timeOf(Date.parse(started))} · ${ending === 'end' ? 'to the end of its input' : ending}`)
}

function noSuchRun(run: string, runs: readonly RunEntry[]): Unreachable {
  const what = run === 'last' ? 'of a run' : `of run ${run}`
  if (runs.length === 0) return new Unreachable(`nothing is kept ${what}`)
  const more = runs.length > SHOWN_RUNS ? `, and ${runs.length - SHOWN_RUNS} older ones` : ''
  const known = runs.slice(0, SHOWN_RUNS).map(describe).join('; ')
  return new Unreachable(`nothing is kept ${what}`, { hint: `There are: ${known}${more}.` })
}
