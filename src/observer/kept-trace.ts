// A kept journey as answers show it: the trace of any journey, and its hops with times and values.
//
// A hop's value is told where it changed; from there it goes on to every hop that got it.

import type { Attempt, Emission, Hop, Trace } from '../contract/trace.ts'
import type { KeepReason } from '../contract/words.ts'
import {
  KEEP_REASONS,
  type KeptAttempt,
  type KeptEmission,
  type KeptHop,
  type KeptRecord,
  type KeptText,
  TAG
} from '../shared-memory/index.ts'
import type { LaneReader } from './lane-reader.ts'
import { isoMoment } from './moment.ts'
import type { Reveal } from './reveal.ts'
import { type Names, traceOf } from './trace-answer.ts'

/** Of all values of one journey together: one line on many hops is as many values. */
const MAX_SHOWN_LENGTH = 256 * 1024

export interface KeptInLane {
  readonly lane: LaneReader
  readonly record: KeptRecord
}

export function keptTraceOf({ lane, record }: KeptInLane, names: Names, reveal: Reveal): Trace {
  const trace = traceOf({ lane, journey: record }, names, reveal)
  const teller = new HopTeller(lane, record, names, reveal)
  const hops = trace.hops.map((hop, index) => teller.tell(hop, index))
  return {
    ...trace,
    hops,
    reasons: reasonsOf(record),
    weight: record.weight,
    hops_are_cut: record.areHopsCut || record.hops.length < trace.hops.length || teller.leftOut
  }
}

export function reasonsOf({ reasons }: Pick<KeptRecord, 'reasons'>): KeepReason[] {
  return KEEP_REASONS.filter((_, bit) => (reasons & (1 << bit)) !== 0)
}

class HopTeller {
  /** There was no room for a value. */
  leftOut = false
  readonly #lane: LaneReader
  readonly #hops: readonly KeptHop<KeptText>[]
  readonly #names: Names
  readonly #reveal: Reveal
  /** By hop: the value on arrival, and the tag. */
  readonly #arrivals = new Map<number, { readonly value: KeptText | undefined; readonly tag: string | null }>()
  #length = 0

  constructor(lane: LaneReader, record: KeptRecord, names: Names, reveal: Reveal) {
    this.#lane = lane
    this.#hops = record.hops
    this.#names = names
    this.#reveal = reveal
    if (record.hops[0] !== undefined) this.#arrivals.set(0, { value: record.hops[0].before, tag: null })
  }

  /** Hops are asked for in their order: a hop stands behind the one that its value comes from. */
  tell(hop: Hop, index: number): Hop {
    const kept = this.#hops[index]
    // The record says which processor it means: another one is a fault, and nothing is better than a wrong value.
    if (kept === undefined || this.#names.nodes[kept.node] !== hop.processor) return hop
    const arrival = this.#arrivals.get(index)
    const value = arrival?.value
    const emitted = kept.emissions.map(emission => this.#emission(kept.node, emission, value))
    const before = this.#shown(value)
    const after = emitted[0]
    const lastError = kept.attempts.at(-1)?.error
    const hasFailed = lastError !== undefined && hop.outcome === 'emitted'
    return {
      ...hop,
      tag: arrival?.tag ?? hop.tag,
      started_at: this.#moment(kept.startedAtMilliseconds),
      duration: seconds(kept.serviceMilliseconds),
      is_estimated: kept.isEstimated,
      waited: seconds(kept.waitedMilliseconds),
      value: before,
      before,
      before_is_cut: value?.isCut === true,
      after: after?.value ?? null,
      after_is_cut: after?.value_is_cut === true,
      emitted,
      attempts: kept.attempts.map(attempt => this.#attempt(attempt)),
      outcome: hasFailed ? 'failed' : hop.outcome,
      reason: hop.reason ?? (lastError === undefined ? null : this.#reveal(Buffer.from(lastError.message)))
    }
  }

  #emission(node: number, emission: KeptEmission<KeptText>, before: KeptText | undefined): Emission {
    const value = emission.isChanged ? emission.value : before
    const tag = this.#tagOf(node, emission)
    if (emission.child >= 0) this.#arrivals.set(emission.child, { value, tag })
    return {
      tag,
      hop: emission.child < 0 ? null : emission.child,
      because:
        emission.because === undefined
          ? null
          : this.#reveal(Buffer.from(emission.because.text), emission.because.isCut),
      value: this.#shown(value),
      value_is_cut: value?.isCut === true,
      was_changed: emission.isChanged
    }
  }

  #tagOf(node: number, { tag, undeclaredTag }: KeptEmission<KeptText>): string | null {
    if (undeclaredTag !== undefined) return this.#reveal(Buffer.from(undeclaredTag.text), undeclaredTag.isCut)
    if (tag === TAG.onError) return 'on_error'
    return tag < 0 ? null : (this.#names.pipeline?.processors[node]?.tags[tag]?.tag ?? null)
  }

  #attempt({ attempt, startedAtMilliseconds, milliseconds, error }: KeptAttempt): Attempt {
    return {
      attempt,
      started_at: this.#moment(startedAtMilliseconds),
      duration: seconds(milliseconds),
      error:
        error === undefined
          ? null
          : { name: this.#reveal(error.name), message: this.#reveal(Buffer.from(error.message)) }
    }
  }

  #shown(value: KeptText | undefined): string | null {
    if (value === undefined) return null
    this.#length += value.text.length
    if (this.#length > MAX_SHOWN_LENGTH) {
      this.leftOut = true
      return null
    }
    return this.#reveal(Buffer.from(value.text), value.isCut)
  }

  #moment(regionMilliseconds: number | undefined): string | null {
    return regionMilliseconds === undefined ? null : isoMoment(this.#lane.unixMilliseconds(regionMilliseconds))
  }
}

function seconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : Math.max(0, milliseconds) / 1000
}
