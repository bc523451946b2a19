// What somebody asks for, as what is to be done. Throws a UserError for what makes no sense.

import { UserError } from '../base/user-error.ts'
import type { LetterFilter as FilterRequest, ReplayRequest } from '../contract/replay.ts'
import type { LineValue } from '../sdk/line.ts'
import { type LetterFilter, type Pattern, parsePattern } from '../state/dead-letter-log/filter.ts'
import type { Choice } from './replay-select.ts'

export function choiceOf(request: ReplayRequest): Choice {
  const { select, edits = [], set, value } = request
  const isAll = Object.keys(select).every(key => key === 'limit')
  if (isAll && edits.length === 0) {
    throw new UserError('nothing says which dead letters', { hint: 'Give a filter, or all of them with all.' })
  }
  if (value !== undefined && set !== undefined) throw new UserError('value and set cannot go together')
  // Edited letters are what is meant, where nothing else says so.
  const ids = isAll ? edits.map(({ id }) => id) : (select.ids ?? [])
  const fields = set?.map(({ name, value: field }) => [name, field ?? null] as const)
  return {
    filter: filterOf({ ...select, ids }),
    limit: select.limit ?? Number.POSITIVE_INFINITY,
    from: request.from,
    isForced: request.force,
    change: value === undefined && fields === undefined ? undefined : { value: value as LineValue | undefined, fields },
    edits: new Map(edits.map(edit => [edit.id, edit.value as LineValue]))
  }
}

export function filterOf({
  ids = [],
  processors = [],
  tags = [],
  kind,
  error,
  text,
  since,
  until
}: FilterRequest): LetterFilter {
  return {
    id: ids,
    processor: processors,
    tag: tags,
    ...(kind === undefined ? {} : { kind }),
    ...(error === undefined ? {} : { error: patternOf('error', error) }),
    ...(text === undefined ? {} : { text: patternOf('text', text) }),
    ...(since === undefined ? {} : { since: Date.parse(since) }),
    ...(until === undefined ? {} : { until: Date.parse(until) })
  }
}

function patternOf(what: string, written: string): Pattern {
  try {
    return parsePattern(written)
  } catch (cause) {
    throw new UserError(`${what}: ${(cause as Error).message}`, { cause })
  }
}

/** The filters as the command line has them. */
export function describeSelection({ select, edits }: ReplayRequest): string {
  const { all, ids, processors, tags, kind, error, text, since, until, limit } = select
  const parts = [
    ...(all === true ? ['--all'] : []),
    ...(ids ?? []).map(id => quoted(id)),
    ...(processors ?? []).map(name => `--processor ${quoted(name)}`),
    ...(tags ?? []).map(name => `--tag ${quoted(name)}`),
    ...(kind === undefined ? [] : [`--kind ${kind}`]),
    ...(error === undefined ? [] : [`--error ${quoted(error)}`]),
    ...(text === undefined ? [] : [`--text ${quoted(text)}`]),
    ...(since === undefined ? [] : [`--since ${since}`]),
    ...(until === undefined ? [] : [`--until ${until}`]),
    ...(limit === undefined ? [] : [`--limit ${limit}`]),
    ...(edits === undefined ? [] : [`(${edits.length} edited)`])
  ]
  const shown = parts.join(' ')
  return shown.length <= MAX_DESCRIPTION ? shown : `${shown.slice(0, MAX_DESCRIPTION)} …`
}

const MAX_DESCRIPTION = 500

function quoted(text: string): string {
  return /^[\w:.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
