// GET /api/v1/journeys: its parameters, what they ask for, and its answer.

import { z } from 'zod'

import { type JourneyCondition, type JourneySort, SORTS } from './journey-condition.ts'
import { parseJourneyExpression } from './journey-expression.ts'
import { clampLimit, LimitQuerySchema } from './limit.ts'
import { TraceSchema } from './trace.ts'
import { OUTCOMES } from './word-lists.ts'
import { CountSchema, MomentSchema } from './words.ts'

const SEVERAL = 'May be given several times: all must hold.'

export const JourneyQuerySchema = LimitQuerySchema.extend({
  q: z.string().optional().describe('A text: `visited(warn) && duration > 50ms && line ~ /timeout/`.'),
  id: z.string().optional().describe('Id of the line.'),
  text: z.string().optional().describe('A piece of the line as it is shown.'),
  regex: z.string().optional().describe('A pattern that the line matches, as in JavaScript.'),
  visited: z.string().optional().describe(`Name of a processor or sink. ${SEVERAL}`),
  not_visited: z.string().optional().describe(`Name of a processor or sink. ${SEVERAL}`),
  tag: z.string().optional().describe('A tag under which it was sent on at some hop, where that is known.'),
  path: z.string().optional().describe('All visits: `start > warn > end`.'),
  outcome: z.enum(OUTCOMES).optional().describe('Of the line or of one of its forks.'),
  reason: z.string().optional().describe('Why it was dropped.'),
  value: z.string().optional().describe('A piece of what it was before or after any hop, where that is known.'),
  min_attempts: z.string().optional().describe('So many tries of one processor, at least.'),
  min_duration: z.string().optional().describe('Seconds from reading to settling, at least.'),
  max_duration: z.string().optional(),
  min_hops: z.string().optional(),
  max_hops: z.string().optional(),
  from: MomentSchema.optional().describe('Settled at or after this moment.'),
  to: MomentSchema.optional().describe('Settled before or at this moment.'),
  sort: z.enum(SORTS).optional().describe('What comes first; newest by default.'),
  cursor: z.string().optional().describe('`cursor` of the last answer, for what comes behind it.')
})

export const FoundJourneysSchema = z
  .object({
    journeys: z.array(TraceSchema),
    cursor: z.string().nullable().describe('For the next question; null when there is no more.'),
    found: CountSchema.describe('Journeys that match, among those looked at.'),
    looked_at: z.array(
      z.object({
        where: z.enum(['recent', 'kept', 'stored']),
        journeys: CountSchema,
        from: MomentSchema.nullable().describe('When the oldest of them was settled; null for none.')
      })
    ),
    is_complete: z.boolean().describe('False when time was up before all were looked at.'),
    message: z.string().describe('What was looked at, as a sentence.')
  })
  .meta({ id: 'FoundJourneys' })
export type FoundJourneys = z.infer<typeof FoundJourneysSchema>

export interface JourneyQuery {
  readonly condition: JourneyCondition
  readonly sort: JourneySort
  readonly limit: number
  readonly cursor: string | undefined
}

/** A parameter that cannot be understood. */
export class JourneyQueryError extends Error {}

type Given = Readonly<Record<string, string | readonly string[] | undefined>>

/** Throws a JourneyQueryError, or a JourneyExpressionError of `q`. */
export function journeyQuery(given: Given): JourneyQuery {
  const unknown = Object.keys(given).find(name => !Object.hasOwn(JourneyQuerySchema.shape, name))
  if (unknown !== undefined) {
    const known = Object.keys(JourneyQuerySchema.shape).join(', ')
    throw new JourneyQueryError(`there is no parameter ${unknown}; there are ${known}`)
  }
  const all = Object.keys(given).flatMap(name => valuesOf(given, name).map(value => conditionOf(name, value)))
  const sort = lastOf(given, 'sort') ?? 'newest'
  const known = SORTS.find(each => each === sort)
  if (known === undefined) throw new JourneyQueryError(`sort is one of ${SORTS.join(', ')}`)
  return {
    condition: { all: all.filter(condition => condition !== undefined) },
    sort: known,
    limit: clampLimit(given['limit']),
    cursor: lastOf(given, 'cursor')
  }
}

function conditionOf(name: string, value: string): JourneyCondition | undefined {
  const least = (): { from: number; to: number } => ({ from: numberOf(name, value), to: Number.POSITIVE_INFINITY })
  const most = (): { from: number; to: number } => ({ from: Number.NEGATIVE_INFINITY, to: numberOf(name, value) })
  switch (name) {
    case 'q':
      return parseJourneyExpression(value)
    case 'id':
      return { test: 'id', id: value }
    case 'text':
      return { test: 'text', text: value }
    case 'regex':
      return { test: 'regex', pattern: value, isCaseless: false }
    case 'visited':
      return { test: 'visited', name: value }
    case 'not_visited':
      return { not: { test: 'visited', name: value } }
    case 'tag':
      return { test: 'tag', tag: value }
    case 'path':
      return { test: 'path', path: value }
    case 'outcome':
      if (OUTCOMES.some(outcome => outcome === value)) return { test: 'outcome', outcome: value }
      throw new JourneyQueryError(`outcome is one of ${OUTCOMES.join(', ')}`)
    case 'reason':
      return { test: 'reason', reason: value }
    case 'value':
      return { test: 'value', value }
    case 'min_attempts':
      return { test: 'attempts', ...least() }
    case 'min_duration':
      return { test: 'duration', ...least() }
    case 'max_duration':
      return { test: 'duration', ...most() }
    case 'min_hops':
      return { test: 'hops', ...least() }
    case 'max_hops':
      return { test: 'hops', ...most() }
    case 'from':
      return { test: 'time', from: momentOf(name, value), to: Number.POSITIVE_INFINITY }
    case 'to':
      return { test: 'time', from: Number.NEGATIVE_INFINITY, to: momentOf(name, value) }
    default:
      return undefined
  }
}

function valuesOf(given: Given, name: string): readonly string[] {
  const value = given[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

function lastOf(given: Given, name: string): string | undefined {
  return valuesOf(given, name).at(-1)
}

function numberOf(name: string, text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(number)) return number
  throw new JourneyQueryError(`${name} is a number, not ${JSON.stringify(text)}`)
}

function momentOf(name: string, text: string): number {
  const moment = Date.parse(text)
  if (!Number.isNaN(moment)) return moment
  throw new JourneyQueryError(`${name} is a moment like 2026-11-24T20:00:00Z, not ${JSON.stringify(text)}`)
}
