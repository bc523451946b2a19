// Decides where a dead letter goes in again and with what value, or why it cannot.

import type { LineValue } from '../sdk/line.ts'
import { type DeadLetter, originalText, valueBefore } from '../state/dead-letter-log/letter.ts'
import type { ReplayChange, ReplaySettings } from '../state/replay/job.ts'
import type { ReplayOutcome } from '../state/replay/outcome.ts'
import { nodeNames, type Plan } from './plan.ts'
import type { ReplayEntry } from './replay-line.ts'

export interface EntrySettings {
  readonly from: ReplaySettings['from']
  readonly change: ReplayChange | undefined
}

export class ReplayEntries {
  readonly #plan: Plan
  readonly #settings: EntrySettings
  readonly #nodes: ReadonlyMap<string, number>
  readonly #values: ReadonlyMap<number, LineValue>

  constructor(plan: Plan, settings: EntrySettings) {
    this.#plan = plan
    this.#settings = settings
    this.#nodes = new Map(nodeNames(plan).map((name, id) => [name, id]))
    this.#values = new Map((settings.change?.values ?? []) as [number, LineValue][])
  }

  /** `index`: of the letter in its job, from 1. */
  entryOf(letter: DeadLetter, index: number): ReplayEntry | ReplayOutcome {
    const isFromStart = this.#settings.from === 'start' || fromStartOnly(letter)
    const node = isFromStart ? this.#plan.entry : this.#nodeOf(letter)
    if (typeof node === 'string') return node
    const text = originalText(letter)
    const kept = isFromStart ? text : (valueBefore(letter) as LineValue)
    const change = this.#changed(kept, index)
    if (change === undefined) return 'no_record'
    if (change === kept) {
      // What was kept of it is not the line.
      if (letter.original.sha256 !== undefined && (isFromStart || letter.valueBefore === undefined)) return 'cut'
      return { node, value: kept, isChanged: !isFromStart && letter.valueBefore !== undefined }
    }
    return { node, value: change, isChanged: change !== text }
  }

  #nodeOf(letter: DeadLetter): number | ReplayOutcome {
    const processor = this.#nodes.get(letter.processor)
    if (processor === undefined) return 'no_processor'
    if (letter.kind === 'dead') return processor
    // What was kept is what it emitted, so it goes on to where the tag leads now.
    const tag = this.#plan.processors[processor]?.tags.find(({ tag }) => tag === letter.tag)
    return tag?.target ?? this.#nodes.get(letter.tag) ?? 'no_tag'
  }

  /** Undefined: fields cannot be set in a text. */
  #changed(kept: LineValue, index: number): LineValue | undefined {
    const { change } = this.#settings
    if (change === undefined) return kept
    const value = this.#values.get(index) ?? (change.value as LineValue | undefined) ?? kept
    const { fields = [] } = change
    if (fields.length === 0) return value
    if (typeof value === 'string' || Array.isArray(value)) return undefined
    const record = { ...(value as Record<string, unknown>) }
    for (const [name, field] of fields) {
      // Not by assignment: a field named __proto__ is a field.
      Object.defineProperty(record, name, { value: field, enumerable: true, writable: true, configurable: true })
    }
    return record as LineValue
  }
}

/** The engine refused it before any processor, or undid all that the line was forked into: only the whole line is left. */
export function fromStartOnly({ processor, error }: DeadLetter): boolean {
  return processor === '' || error?.code === 'fanout_limit'
}
