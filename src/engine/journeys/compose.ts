// Tells the journey of one entering line, hop by hop, from what its batch still knows at the moment it settles.
//
// Walks each instance from its end to where it came to be: its value at the end is known, and a note says at which hops
// it was another one before. Where it was forked off, its value is what the hop that forked it sent on.

import type { LineValue } from '../../sdk/line.ts'
import {
  type KeptAttempt,
  type KeptEmission,
  type KeptEntry,
  type KeptHop,
  OUTCOME,
  TAG
} from '../../shared-memory/index.ts'
import { type Batch, VOID } from '../batch.ts'
import { ownTargets } from '../edges.ts'
import { sourceNumberOf } from '../line-place.ts'
import type { Plan } from '../plan.ts'
import type { Telemetry } from '../telemetry.ts'
import type { CallNote, HopNotes } from './hop-notes.ts'

const OUTCOME_BITS = 0b1111
/** As many instances as a journey has room for. */
const MAX_LEAVES = 1_024
const MAX_HOPS = 2_048
const NO_PATHS: readonly number[] = []

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
type Emission = Mutable<KeptEmission<string>>
interface Hop extends Mutable<KeptHop<string>> {
  readonly emissions: Emission[]
}

/** Why it is kept, and for how many it stands. */
export interface Decision {
  readonly reasons: number
  readonly weight: number
}

export class JourneyComposer {
  readonly #telemetry: Telemetry
  readonly #processorCount: number
  /** By processor: the node that each of its tags leads to; of a mapper one. */
  readonly #targets: readonly (readonly number[])[]
  readonly #hasTags: readonly boolean[]
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  constructor(plan: Plan, telemetry: Telemetry) {
    this.#telemetry = telemetry
    this.#processorCount = plan.processors.length
    this.#targets = plan.processors.map(ownTargets)
    this.#hasTags = plan.processors.map(({ tags }) => tags.length > 0)
  }

  /** Paths are closed and codes are final. */
  compose(batch: Batch, line: number, settledAtMilliseconds: number, decision: Decision): KeptEntry {
    const hops: Hop[] = []
    const leaves: { path: number; code: number; forkDepth: number }[] = []
    const isUndone = batch.dead.get(line)?.error?.code === 'fanout_limit'
    const knowsValues = batch.notes !== undefined && !batch.notes.isFull && !isUndone
    const after = line + 1 < batch.lineCount ? line + 1 : -1
    let way: readonly number[] = []
    let leafCount = 0
    let depth = Number.POSITIVE_INFINITY
    for (let item = line; item !== after && item !== -1; item = batch.nextOf(item)) {
      // What was forked off and then undone leaves no leaf; the next leaf still shares at least what it shared.
      depth = item === line ? 0 : Math.min(depth, batch.forkDepth[item])
      if ((batch.outcome[item] & OUTCOME_BITS) === VOID) continue
      leafCount++
      if (leaves.length === MAX_LEAVES) continue
      const forkDepth = leaves.length === 0 ? 0 : depth
      leaves.push({ path: batch.path[item] >> 1, code: batch.outcome[item], forkDepth })
      depth = Number.POSITIVE_INFINITY
      if (hops.length < MAX_HOPS) way = this.#walk(batch, item, way.slice(0, forkDepth), hops, knowsValues)
    }
    return {
      ...this.#placeOf(batch, line),
      readAtMilliseconds: batch.readAtMilliseconds,
      settledAtMilliseconds,
      ...decision,
      leaves,
      leafCount,
      hops
    }
  }

  /** Adds the hops of one instance behind those that it shares, and returns the indexes of all of its hops. */
  #walk(batch: Batch, item: number, shared: readonly number[], hops: Hop[], knowsValues: boolean): number[] {
    const leaf = batch.path[item] >> 1
    const nodes = this.#telemetry.paths.nodesOf(leaf)
    const paths = nodes.length === 0 ? NO_PATHS : this.#telemetry.paths.pathsOf(leaf)
    const way = [...shared]
    const calls = batch.notes?.calls.filter(call => call.item === item) ?? []
    for (let depth = shared.length; depth < nodes.length; depth++) {
      way.push(hops.length)
      hops.push(this.#hop(batch, nodes, paths, depth, calls))
    }
    const values = knowsValues ? new ValuesOf(batch, item, () => this.#original(batch, item)) : undefined
    for (let depth = nodes.length - 1; depth >= shared.length; depth--) {
      const hop = hops[way[depth]]
      const isLast = depth === nodes.length - 1
      const isSentOn = !isLast || wasSentOn(batch, item) || values?.hasChanged(paths[depth]) === true
      if (nodes[depth] < this.#processorCount && isSentOn) {
        hop.emissions.unshift(this.#emission(batch, item, nodes, paths, depth, isLast ? -1 : way[depth + 1], calls))
        values?.backThrough(paths[depth], hop.emissions[0])
      }
      // What later hops are given is what the ones before them sent on.
      if (depth === 0) hop.before = values?.text()
    }
    if (shared.length > 0 && shared.length <= nodes.length) {
      const depth = shared.length - 1
      const child = nodes.length > shared.length ? way[shared.length] : -1
      const emission = this.#emission(batch, item, nodes, paths, depth, child, calls)
      values?.backThrough(paths[depth], emission)
      // An unchanged fork is what its parent was given, which the parent's own walk has told.
      hops[shared[depth]].emissions.push(emission)
    }
    return way
  }

  #hop(
    batch: Batch,
    nodes: readonly number[],
    paths: readonly number[],
    depth: number,
    calls: readonly CallNote[]
  ): Hop {
    const node = nodes[depth]
    const attempts = attemptsOf(calls.filter(call => call.path === paths[depth]))
    const hop: Hop = {
      node,
      startedAtMilliseconds: undefined,
      serviceMilliseconds: undefined,
      waitedMilliseconds: undefined,
      isEstimated: false,
      before: undefined,
      attempts: [],
      emissions: []
    }
    if (batch.notes === undefined) return hop
    const visit = visitOf(batch.notes, nodes, depth)
    const timed = attempts.filter(({ milliseconds }) => !Number.isNaN(milliseconds))
    hop.isEstimated = attempts.length === 0 || timed.length < attempts.length
    const startedAt =
      attempts.length > 0 && !Number.isNaN(attempts[0].startedAt) ? attempts[0].startedAt : visit?.startedAt
    hop.startedAtMilliseconds = startedAt === undefined ? undefined : this.#telemetry.momentOf(startedAt)
    hop.serviceMilliseconds =
      timed.length === 0 ? visit?.milliseconds : timed.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
    if (attempts[0]?.isQueued === true && visit !== undefined) {
      hop.waitedMilliseconds = Math.max(0, attempts[0].startedAt - visit.startedAt)
    }
    hop.attempts = attempts.map(
      ({ attempt, startedAt, milliseconds, error }): KeptAttempt => ({
        attempt,
        startedAtMilliseconds: Number.isNaN(startedAt) ? undefined : this.#telemetry.momentOf(startedAt),
        milliseconds: Number.isNaN(milliseconds) ? undefined : milliseconds,
        error
      })
    )
    return hop
  }

  #emission(
    batch: Batch,
    item: number,
    nodes: readonly number[],
    paths: readonly number[],
    depth: number,
    child: number,
    calls: readonly CallNote[]
  ): Emission {
    const path = paths[depth]
    const noted = batch.notes?.ways.find(way => way.item === item && way.path === path)
    const isLast = depth === nodes.length - 1
    const unmatched =
      isLast && (batch.outcome[item] & OUTCOME_BITS) === OUTCOME.unmatched ? batch.dead.get(item) : undefined
    const hasFailed = calls.some(call => call.path === path && call.error !== undefined && call.isFinal)
    return {
      tag:
        unmatched !== undefined
          ? TAG.undeclared
          : hasFailed
            ? TAG.onError
            : this.#tagOf(nodes[depth], nodes[depth + 1] ?? batch.dead.get(item)?.node ?? -1, noted?.tag),
      undeclaredTag: unmatched?.tag,
      because: noted?.because,
      child,
      isChanged: false,
      value: undefined
    }
  }

  #tagOf(node: number, target: number, noted: number | undefined): number {
    if (!this.#hasTags[node]) return TAG.none
    if (noted !== undefined && noted >= 0) return noted
    const tag = this.#targets[node].indexOf(target)
    return tag === -1 ? TAG.none : tag
  }

  #placeOf(
    batch: Batch,
    line: number
  ): Pick<KeptEntry, 'sourceNumber' | 'offset' | 'lineNumber' | 'replay' | 'text' | 'fullLength'> {
    const text = batch.lineBytes(line)
    const { oversize } = batch
    const fullLength = oversize === undefined ? text.length : oversize.byteLength - batch.lineEndLength(line)
    const replayed = batch.replayLineOf(line)
    if (replayed !== undefined) {
      const { letter, mark } = replayed
      const sourceNumber = sourceNumberOf(letter)
      return { sourceNumber, offset: letter.offset, lineNumber: letter.lineNumber, replay: mark, text, fullLength }
    }
    return {
      sourceNumber: batch.input.sourceNumber,
      offset: batch.offset + (oversize === undefined ? batch.starts[line] - batch.starts[0] : 0),
      lineNumber: batch.firstLineNumber + line,
      text,
      fullLength
    }
  }

  /** The value that the line entered with, before anything changed it. */
  #original(batch: Batch, item: number): LineValue {
    const line = batch.rootOf(item)
    const text = this.#decoder.decode(batch.lineBytes(line))
    const isMarked = batch.replay === undefined && line === 0 && batch.offset === 0 && text.startsWith('\ufeff')
    return isMarked ? text.slice(1) : text
  }
}

/** The value of one instance, from its end backwards. */
class ValuesOf {
  readonly #changes: ReadonlyMap<number, LineValue>
  readonly #firstChange: number
  readonly #original: () => LineValue
  #value: LineValue
  #text: string | undefined
  #isKnown = false

  constructor(batch: Batch, item: number, original: () => LineValue) {
    this.#changes = (batch.notes as HopNotes).changesOf(item)
    // Bit 0 says whether there was one.
    this.#firstChange = (batch.path[item] & 1) === 0 ? -1 : batch.firstChange[item]
    this.#original = original
    this.#value = batch.values[item]
  }

  /** The emission sent on the value as it is now; from here on it is the one that the hop was given. */
  backThrough(path: number, emission: Emission): void {
    const before = this.#changes.get(path) ?? (path === this.#firstChange ? this.#original() : undefined)
    if (before === undefined) return
    emission.isChanged = true
    emission.value = this.text()
    this.#value = before
    this.#isKnown = false
  }

  /** The visit that the path ends with sent on another value than it was given. */
  hasChanged(path: number): boolean {
    return path === this.#firstChange || this.#changes.has(path)
  }

  /** Undefined for a record that cannot be JSON. */
  text(): string | undefined {
    if (!this.#isKnown) this.#text = textOf(this.#value)
    this.#isKnown = true
    return this.#text
  }
}

function textOf(value: LineValue): string | undefined {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** Whether the last hop of the instance sent it on, to nobody: nothing has that name, or it had come too far. */
function wasSentOn(batch: Batch, item: number): boolean {
  if ((batch.outcome[item] & OUTCOME_BITS) === OUTCOME.unmatched) return true
  return batch.dead.get(item)?.error?.code === 'hop_limit'
}

/** One for each try, in order: a failure and its time may have been noted apart. */
function attemptsOf(calls: readonly CallNote[]): CallNote[] {
  const attempts = new Map<number, CallNote>()
  for (const call of calls) {
    const known = attempts.get(call.attempt)
    if (known === undefined) attempts.set(call.attempt, call)
    else {
      attempts.set(call.attempt, {
        ...known,
        startedAt: Number.isNaN(known.milliseconds) ? call.startedAt : known.startedAt,
        milliseconds: Number.isNaN(known.milliseconds) ? call.milliseconds : known.milliseconds,
        error: known.error ?? call.error,
        isFinal: known.isFinal || call.isFinal,
        isQueued: known.isQueued || call.isQueued
      })
    }
  }
  return [...attempts.values()].sort((a, b) => a.attempt - b.attempt)
}

/** A batch comes to a processor as often as its lines do: the second visit of a line is in the second of its batch. */
function visitOf(
  { visits }: HopNotes,
  nodes: readonly number[],
  depth: number
): HopNotes['visits'][number] | undefined {
  let times = 0
  for (let at = 0; at <= depth; at++) if (nodes[at] === nodes[depth]) times++
  let found: HopNotes['visits'][number] | undefined
  for (const visit of visits) {
    if (visit.node !== nodes[depth]) continue
    found = visit
    if (--times === 0) break
  }
  return found
}
