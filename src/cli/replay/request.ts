// Arguments of `linescope replay` as the request that the API takes, too.

import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { isDeepStrictEqual } from 'node:util'

import { quote } from '../../base/quote.ts'
import { MASK } from '../../base/redaction.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { type LetterFilter, type ReplayRequest, ReplayRequestSchema } from '../../contract/replay.ts'
import { lineOf } from '../../state/dead-letter-log/filter.ts'
import { valueBefore } from '../../state/dead-letter-log/letter.ts'
import { changedValueOf } from '../../state/dead-letter-log/letter-json.ts'
import { readDeadLetters } from '../../state/dead-letter-log/reader.ts'
import type { FilterArguments } from '../dead-letters/filter.ts'
import type { OpenLog } from '../dead-letters/open-log.ts'

export interface ReplayArguments extends FilterArguments {
  readonly all: boolean
  readonly from: 'step' | 'start'
  readonly dryRun: boolean
  readonly edit?: string
  readonly value?: string
  readonly set: readonly string[]
  readonly rate?: number
  readonly stopAtErrors?: number
  readonly name?: string
  readonly force: boolean
  readonly detach: boolean
  readonly failOnDead: boolean
  readonly yes: boolean
  readonly input: readonly string[]
  readonly output: readonly string[]
}

type Edits = NonNullable<ReplayRequest['edits']>
type Value = Edits[number]['value']

/** Throws a UserError for what makes no sense. */
export function requestOf(log: OpenLog, ids: readonly string[], options: ReplayArguments): ReplayRequest {
  const { value, set, rate, stopAtErrors, name } = options
  const edited = options.edit === undefined ? undefined : readEdits(log, options.edit)
  const allIds = [...ids, ...options.id, ...(edited?.ids ?? [])]
  const select = selectionOf(allIds, options)
  if (Object.keys(select).every(key => key === 'limit')) {
    throw new UserError('nothing says which dead letters to replay', {
      hint: 'Give their numbers, a filter, or --all. linescope dlq ls shows them.'
    })
  }
  return ReplayRequestSchema.parse({
    select,
    from: options.from,
    ...(value === undefined ? {} : { value: textOrRecord(value) }),
    ...(set.length === 0 ? {} : { set: set.map(fieldOf) }),
    ...(edited === undefined || edited.edits.length === 0 ? {} : { edits: edited.edits }),
    ...(rate === undefined ? {} : { lines_per_second: rate }),
    ...(stopAtErrors === undefined ? {} : { stop_at_errors: stopAtErrors }),
    ...(name === undefined ? {} : { name }),
    by: userName(),
    force: options.force
  })
}

function selectionOf(ids: readonly string[], options: ReplayArguments): LetterFilter {
  const { all, processor, tag, kind, error, text, since, until, limit } = options
  return {
    ...(all ? { all: true as const } : {}),
    ...(ids.length === 0 ? {} : { ids: [...ids] }),
    ...(processor.length === 0 ? {} : { processors: [...processor] }),
    ...(tag.length === 0 ? {} : { tags: [...tag] }),
    ...(kind === undefined ? {} : { kind }),
    ...(error === undefined ? {} : { error: error.written }),
    ...(text === undefined ? {} : { text: text.written }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    ...(Number.isFinite(limit) ? { limit } : {})
  }
}

/** `NAME=VALUE`; the value is JSON where it can be read as such, else text. */
function fieldOf(text: string): { name: string; value: unknown } {
  const equals = text.indexOf('=')
  if (equals <= 0) throw new UserError(`--set ${quote(text)}: it must be NAME=VALUE`)
  return { name: text.slice(0, equals), value: jsonOrText(text.slice(equals + 1)) }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Only what begins like a record is one: `17` and `true` are lines. */
function textOrRecord(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  return jsonOrText(text)
}

/** Letters as `dlq export` writes them. Those whose value or line is another now are edited; the others go in as they were. */
function readEdits(log: OpenLog, path: string): { readonly ids: string[]; readonly edits: Edits } {
  const wanted = new Map<string, Value>()
  for (const [index, text] of readLines(path).entries()) {
    if (text.trim() === '') continue
    const { key, value } = editOf(text, `${path}:${index + 1}`)
    wanted.set(key, value)
  }
  const edits: Edits = []
  for (const entry of readDeadLetters(log.stateFolder)) {
    if (entry.kind !== 'letter') continue
    const key = wanted.has(String(entry.sequence)) ? String(entry.sequence) : entry.letter.id
    const value = wanted.get(key)
    if (value === undefined) continue
    const shown = changedValueOf(entry.letter, log.reveal) ?? lineOf(entry.letter, log.reveal)
    if (isDeepStrictEqual(value, shown) || isDeepStrictEqual(value, valueBefore(entry.letter))) continue
    refuseMasks(value, key, path)
    edits.push({ id: key, value })
  }
  return { ids: [...wanted.keys()], edits }
}

/** What was masked in the export would go into the pipeline as it is shown. */
function refuseMasks(value: Value, key: string, path: string): void {
  if (!JSON.stringify(value).includes(MASK)) return
  throw new UserError(`--edit ${quote(path)}: the value of the letter ${quote(key)} has a masked part, ${MASK}`, {
    hint: 'Put in what belongs there, or begin with linescope dlq export --unmasked.'
  })
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (cause) {
    if (systemErrorCode(cause) === undefined) throw cause
    throw new UserError(`--edit: cannot read ${quote(path)}: ${systemErrorReason(cause)}`, { cause })
  }
}

function editOf(text: string, where: string): { readonly key: string; readonly value: Value } {
  let letter: { number?: unknown; id?: unknown; value?: unknown; line?: unknown }
  try {
    letter = JSON.parse(text) as typeof letter
  } catch (cause) {
    throw new UserError(`${where}: this is no JSON: ${(cause as Error).message}`, { cause })
  }
  const { number, id, value, line } = letter ?? {}
  const key = typeof number === 'number' ? String(number) : id
  const edited = value ?? line
  const isValue = typeof edited === 'string' || (typeof edited === 'object' && edited !== null)
  if (typeof key === 'string' && isValue) return { key, value: edited as Value }
  throw new UserError(`${where}: a letter needs its number or id, and its value or line`, {
    hint: 'Take what linescope dlq export writes, and change value or line.'
  })
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A user without an entry, as in some containers.
    return 'somebody'
  }
}
