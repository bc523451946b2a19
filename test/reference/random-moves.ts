// What the processors of random graphs do: a handful of moves each, chosen by the value that they get, so that the
// order and the time of calls change nothing.

import type { CallInfo, Decide, Decision } from './graph.ts'
import { hashOf, type Random } from './random.ts'

export interface Traits {
  readonly name: string
  readonly tags: readonly string[]
  readonly isMapper: boolean
  readonly attempts: number
  /** Its moves may make several lines of one. */
  readonly forks: boolean
  readonly hangs: boolean
  readonly emitsLate: boolean
  /** It writes how often it was called into what it emits: possible where calls must come in input order. */
  readonly counts: boolean
}

interface Turn extends CallInfo {
  readonly value: unknown
  readonly hash: number
}

type Move = (turn: Turn, traits: Traits) => Decision

const pass: Move = ({ value, hash }, { tags }) => ({ emits: [{ tag: tagOf(tags, hash), value }] })

const change: Move = (turn, { tags, name }) => ({
  emits: [{ tag: tagOf(tags, turn.hash), value: changed(turn.value, name) }]
})

const fork: Move = ({ value, hash }, { tags, name }) => ({
  emits: Array.from({ length: 2 + (hash % 3) }, (_, index) => ({
    tag: tagOf(tags, hash + index),
    value: (hash >> index) % 2 === 0 ? value : changed(value, `${name}${index}`)
  }))
})

const MOVES: Readonly<Record<string, Move>> = {
  pass,
  change,
  fork,
  filter: () => ({ emits: [] }),
  drop: ({ hash }) => ({ emits: [], drop: `reason ${hash % 3}` }),
  /** The reason counts for nothing when the call emits. */
  passAndDrop: (turn, traits) => ({ ...pass(turn, traits), drop: 'not dropped' }),
  fail: ({ hash }, { name }) => ({ emits: [], throws: `${name} failed ${hash % 5}` }),
  failAtFirst: (turn, traits) =>
    turn.attempt <= turn.hash % (traits.attempts + 1)
      ? { emits: [], throws: `try ${turn.attempt}` }
      : change(turn, traits),
  failAfterEmitting: (turn, traits) => ({ ...change(turn, traits), throws: 'too late' }),
  failAtFirstAfterForking: (turn, traits) =>
    turn.attempt === 1 && traits.forks ? { ...fork(turn, traits), throws: 'undone' } : pass(turn, traits),
  unmatched: ({ value, hash }, { name }) => ({
    emits: [{ tag: ['nobody', '__proto__x', 'valueOf'][hash % 3], value: changed(value, name) }]
  }),
  record: ({ value, hash }, { tags }) => ({
    emits: [{ tag: tagOf(tags, hash), value: { text: shown(value), list: [hash % 7, { deep: true }] } }]
  }),
  text: ({ value, hash }, { tags }) => ({ emits: [{ tag: tagOf(tags, hash), value: `text ${shown(value)}` }] }),
  notJson: ({ hash }, { tags }) => ({ emits: [{ tag: tagOf(tags, hash), value: notJson(hash) }] }),
  newline: ({ value, hash }, { tags }) => ({ emits: [{ tag: tagOf(tags, hash), value: `${shown(value)}\nand more` }] }),
  noLine: ({ hash }, { tags }) => ({
    emits: [{ tag: tagOf(tags, hash), value: [7, true, Symbol.iterator][hash % 3] }]
  }),
  place: ({ place, error, attempt, hash }, { tags }) => ({
    emits: [{ tag: tagOf(tags, hash), value: `at ${place}, try ${attempt}, ${error ?? 'no error'}` }]
  })
}

const COMMON = ['pass', 'pass', 'change', 'change', 'fork', 'place']
const OF_CONSUMERS = ['filter', 'filter', 'filter', 'drop', 'fail', 'failAtFirst', 'unmatched']

/** Each processor has a few of the moves, some more often than others. */
export function randomMoves(random: Random, traits: Traits): () => Decide {
  const names = random.shuffled(Object.keys(MOVES)).slice(0, random.integer(0, 4))
  const common = traits.tags.length === 0 && !traits.isMapper ? OF_CONSUMERS : COMMON
  const often = Array.from({ length: random.integer(1, 12) }, () => random.pick(common))
  const choices = [...names, ...often].filter(name => traits.forks || name !== 'fork')
  if (choices.length === 0) choices.push('pass')
  const salt = `${traits.name} ${random.integer(0, 1e9)} `
  return () => {
    let calls = 0
    return (value, call) => {
      if (call.attempt === 1) calls++
      const hash = hashOf(salt + shown(value))
      if (traits.hangs && hash % 4 === 0) return { emits: [], hangs: true }
      const decision = MOVES[choices[hash % choices.length]]({ ...call, value, hash: hash >>> 4 }, traits)
      // A later try comes when others may have come in between.
      const told = traits.counts && call.attempt === 1 ? withCount(decision, calls) : decision
      return { ...told, emits: traits.isMapper ? told.emits.slice(0, 1) : told.emits, emitsLate: traits.emitsLate }
    }
  }
}

function withCount(decision: Decision, calls: number): Decision {
  const emits = decision.emits.map(({ tag, value }) => ({
    tag,
    value: typeof value === 'string' ? `${value} #${calls}` : value
  }))
  return { ...decision, emits }
}

/** An undeclared tag for who has none. */
function tagOf(tags: readonly string[], hash: number): string {
  return tags.length === 0 ? 'nobody' : tags[hash % tags.length]
}

function changed(value: unknown, by: string): unknown {
  if (typeof value === 'string') return `${value}.${by}`
  return Array.isArray(value) ? [...value, by] : { ...(value as object), by }
}

function notJson(hash: number): unknown {
  if (hash % 2 === 0) return { big: 1n }
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  return circle
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value)
  } catch {
    return 'no JSON'
  }
}
