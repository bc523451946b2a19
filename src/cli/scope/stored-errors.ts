// The errors that the dead letters tell of, by kind: what is left of them when no process can be asked.

import { revealStack, stackParts } from '../../base/stack.ts'
import { errorOf, lineOf } from '../../state/dead-letter-log/filter.ts'
import type { DeadLetter } from '../../state/dead-letter-log/letter.ts'
import { isoMoment } from '../../state/dead-letter-log/letter-json.ts'
import { readDeadLetters } from '../../state/dead-letter-log/reader.ts'
import { openLog } from '../dead-letters/open-log.ts'
import { withoutParticulars } from '../dead-letters/particulars.ts'
import type { ShownGroup } from './errors.ts'
import type { StoredRun } from './find-run.ts'
import { newestStored } from './stored-run.ts'

export interface StoredErrors {
  readonly from: 'dead_letters'
  readonly state_folder: string
  /** Of the newest letter. */
  readonly at: string | null
  readonly letters: number
  /** Places of the log that cannot be read: `linescope verify` names them. */
  readonly damaged: number
  /** The most frequent first. */
  readonly groups: readonly ShownGroup[]
  /** Letters of kinds beyond the thousand that are kept apart. */
  readonly ungrouped: number
}

const GROUPS_KEPT = 1000

export async function storedErrors(found: StoredRun, pipeline: string | undefined): Promise<StoredErrors> {
  const { folder } = newestStored(found)
  const { reveal, shownAs } = await openLog(pipeline, folder)
  const groups = new Map<string, ShownGroup>()
  let letters = 0
  let damaged = 0
  let ungrouped = 0
  let newest = Number.NEGATIVE_INFINITY
  for (const entry of readDeadLetters(folder)) {
    if (entry.kind === 'damage' && !entry.isTorn) damaged++
    if (entry.kind !== 'letter') continue
    const { letter } = entry
    letters++
    newest = Math.max(newest, letter.atMilliseconds)
    const key = JSON.stringify([letter.processor, letter.error?.name, withoutParticulars(errorOf(letter, reveal))])
    const before = groups.get(key)
    if (before === undefined && groups.size >= GROUPS_KEPT) ungrouped++
    else groups.set(key, joined(before, letter, reveal))
  }
  return {
    from: 'dead_letters',
    state_folder: shownAs,
    at: letters === 0 ? null : isoMoment(newest),
    letters,
    damaged,
    groups: [...groups.values()].sort((a, b) => b.count - a.count),
    ungrouped
  }
}

type Reveal = Awaited<ReturnType<typeof openLog>>['reveal']

/** The newest stands for its kind. */
function joined(before: ShownGroup | undefined, letter: DeadLetter, reveal: Reveal): ShownGroup {
  const { error, processor } = letter
  const at = isoMoment(letter.atMilliseconds)
  const tries = Math.max(1, letter.attempts.length)
  return {
    processor: processor === '' ? null : processor,
    name: error === undefined ? letter.kind : reveal(error.name),
    message: error === undefined ? errorOf(letter, reveal) : reveal(Buffer.from(error.message)),
    count: (before?.count ?? 0) + tries,
    final: (before?.final ?? 0) + 1,
    first_at: before === undefined || at < before.first_at ? at : before.first_at,
    last_at: before === undefined || at > before.last_at ? at : before.last_at,
    line: lineOf(letter, reveal),
    file: letter.file ?? letter.source,
    line_number: letter.lineNumber,
    trace_id: letter.id,
    stack: stackOf(error, reveal)
  }
}

/** Empty: nothing was thrown. Null: it has none. */
function stackOf(error: DeadLetter['error'], reveal: Reveal): string | null {
  if (error === undefined) return ''
  return error.stack === undefined ? null : revealStack(stackParts(error.stack, error.message), reveal)
}
