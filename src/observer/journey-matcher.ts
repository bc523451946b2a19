// Whether a journey is what a search asks for. It sees what an answer shows: all text has passed `reveal` before.

import { BoundedPattern } from '../base/bounded-pattern.ts'
import type { JourneyCondition, JourneySort, JourneyTest, Range } from '../contract/journey-condition.ts'
import type { Hop, Trace } from '../contract/trace.ts'

export type JourneyMatcher = (trace: Trace) => boolean

/**
 * Throws a PatternError for a pattern that is not valid; the matcher throws one when it takes too long. `patterns` gets all
 * of them: what they have learned of a line before does not keep the matcher busy.
 */
export function journeyMatcher(condition: JourneyCondition, patterns: BoundedPattern[] = []): JourneyMatcher {
  if ('all' in condition) {
    // Patterns last: they take longest.
    const parts = condition.all.toSorted((a, b) => Number(isPattern(a)) - Number(isPattern(b)))
    const matchers = parts.map(part => journeyMatcher(part, patterns))
    return trace => matchers.every(matches => matches(trace))
  }
  if ('any' in condition) {
    const matchers = condition.any.map(part => journeyMatcher(part, patterns))
    return trace => matchers.some(matches => matches(trace))
  }
  if ('not' in condition) {
    const matches = journeyMatcher(condition.not, patterns)
    return trace => !matches(trace)
  }
  return testMatcher(condition, patterns)
}

function isPattern(condition: JourneyCondition): boolean {
  return 'test' in condition && condition.test === 'regex'
}

function testMatcher(condition: JourneyTest, patterns: BoundedPattern[]): JourneyMatcher {
  switch (condition.test) {
    case 'id':
      return trace => trace.id === condition.id || condition.id.startsWith(`${trace.id}.`)
    case 'text':
      return trace => trace.line.includes(condition.text)
    case 'regex': {
      const pattern = new BoundedPattern(condition.pattern, condition.isCaseless)
      patterns.push(pattern)
      return trace => pattern.test(trace.line)
    }
    case 'visited':
      return trace => trace.path.includes(condition.name)
    case 'tag':
      return trace => trace.hops.some(hop => tagsOf(hop).includes(condition.tag))
    case 'path':
      return trace => trace.route === condition.path || trace.path.join(' > ') === condition.path
    case 'outcome':
      return trace => trace.outcome === condition.outcome || leavesHave(trace, 'outcome', condition.outcome)
    case 'reason':
      return trace => trace.reason === condition.reason || leavesHave(trace, 'reason', condition.reason)
    case 'value':
      return trace => valuesOf(trace).some(value => value.includes(condition.value))
    case 'attempts':
      return trace => isWithin(attemptsOf(trace), condition)
    case 'duration':
      return trace => isWithin(durationOf(trace), condition)
    case 'hops':
      return trace => isWithin(trace.hops.length, condition)
    case 'time':
      return trace => isWithin(settledAt(trace), condition)
  }
}

/** What a search may be sorted by; more comes first. */
export const SORT_KEYS: Readonly<Record<JourneySort, (trace: Trace) => number>> = {
  newest: settledAt,
  longest: durationOf,
  most_hops: trace => trace.hops.length,
  most_errors: trace => trace.hops.reduce((sum, hop) => sum + failuresOf(hop), trace.had_errors ? 1e-6 : 0)
}

/** In milliseconds since 1970; a line in flight is the newest. */
export function settledAt(trace: Trace): number {
  const at = (trace as { settled_at: string | null }).settled_at
  return at === null ? Number.POSITIVE_INFINITY : Date.parse(at)
}

function durationOf(trace: Trace): number {
  const to = settledAt(trace)
  return (Math.min(to, Date.now()) - Date.parse(trace.read_at)) / 1000
}

function leavesHave(trace: Trace, key: 'outcome' | 'reason', wanted: string): boolean {
  return trace.leaves.some(leaf => leaf[key] === wanted)
}

/** Of kept journeys every try is known, of others only that one failed. */
function attemptsOf(trace: Trace): number {
  return Math.max(trace.had_errors ? 2 : 1, ...trace.hops.map(hop => hop.attempts?.length ?? 1))
}

function failuresOf(hop: Hop): number {
  return hop.attempts?.filter(attempt => attempt.error !== null).length ?? 0
}

function tagsOf(hop: Hop): (string | null)[] {
  return [hop.tag, ...(hop.emitted ?? []).map(emission => emission.tag)]
}

function valuesOf(trace: Trace): string[] {
  const values = trace.hops.flatMap(hop => [hop.before, hop.after, ...(hop.emitted ?? []).map(each => each.value)])
  return [trace.line, ...values.filter(value => typeof value === 'string')]
}

function isWithin(value: number, { from, to }: Range): boolean {
  return value >= from && value <= to
}
