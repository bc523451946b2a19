// Decides, when a batch settles, which of its journeys are kept with times and values, with all reasons, and hands those
// over. Everything is known then, so nothing is decided too early. Bounded by an allowance; what it refuses is counted.

import { type Condition, compileCondition } from '../../sdk/index.ts'
import {
  KEEP_REASONS,
  type KeepReason,
  type KeptWriter,
  LANE,
  OUTCOME,
  STRING,
  STRING_CAPACITY
} from '../../shared-memory/index.ts'
import type { Batch } from '../batch.ts'
import { type JourneysPlan, nodeNames, type Plan } from '../plan.ts'
import type { Telemetry } from '../telemetry.ts'
import { Allowance } from './allowance.ts'
import { JourneyComposer } from './compose.ts'
import { ErrorSamples } from './error-samples.ts'
import { PathSamples, type Pick } from './path-samples.ts'

const BIT = Object.freeze(
  Object.fromEntries(KEEP_REASONS.map((reason, index) => [reason, 1 << index])) as Record<KeepReason, number>
)
/** What a share of the allowance is reserved for. */
const FAILURES = BIT.forced | BIT.dead | BIT.unmatched | BIT.errored
const OUTCOME_BITS = 0b1111
/** Of slow journeys on one path, one in so long. */
const SAME_PATH_MILLISECONDS = 200
const MATCHED = KEEP_REASONS.map(reason => LANE[`matched_${reason}`])
const KEPT = KEEP_REASONS.map(reason => LANE[`kept_${reason}`])

interface Candidate {
  reasons: number
  weight: number
}

export interface KeeperSettings {
  readonly plan: Plan
  readonly telemetry: Telemetry
  readonly writer: KeptWriter
  readonly random?: () => number
}

export class JourneyKeeper {
  readonly #plan: JourneysPlan
  readonly #telemetry: Telemetry
  readonly #writer: KeptWriter
  readonly #composer: JourneyComposer
  readonly #allowance: Allowance
  readonly #samples: PathSamples
  readonly #slowAt = new Map<number, number>()
  readonly #errors: ErrorSamples
  readonly #dropWhen: Condition | undefined
  readonly #keepWhen: Condition | undefined
  readonly #entryName: string
  /** By path: reasons that every line on it has. Filled in when a line on it is first picked. */
  readonly #ofPath = new Map<number, number>()
  /** By processor and reason: lines dropped since one was kept, and when the next is due. */
  readonly #dropped: Float64Array
  readonly #dropDue: Float64Array
  readonly #candidates = new Map<number, Candidate>()
  #picks: Pick[] = []
  #now = 0

  constructor({ plan, telemetry, writer, random = Math.random }: KeeperSettings) {
    const { journeys } = plan
    this.#plan = journeys
    this.#telemetry = telemetry
    this.#writer = writer
    this.#composer = new JourneyComposer(plan, telemetry)
    this.#allowance = new Allowance(journeys)
    this.#samples = new PathSamples({
      capacity: telemetry.region.limits.paths,
      rareLines: journeys.rareLines,
      intervalMilliseconds: journeys.sampleMilliseconds,
      random
    })
    const drops = plan.processors.length * STRING_CAPACITY
    this.#dropped = new Float64Array(drops)
    this.#dropDue = new Float64Array(drops)
    this.#errors = new ErrorSamples(journeys.sameErrorPerSecond)
    this.#dropWhen = journeys.dropWhen === undefined ? undefined : compileCondition(journeys.dropWhen)
    this.#keepWhen = journeys.keepWhen === undefined ? undefined : compileCondition(journeys.keepWhen)
    this.#entryName = nodeNames(plan)[plan.entry]
  }

  /** Before the paths of a batch are closed. */
  begin(nowMilliseconds: number): void {
    this.#now = nowMilliseconds
    this.#samples.sweep(nowMilliseconds)
  }

  /** `count` neighbours from `item` on went the same way to the same end. */
  noteRun(batch: Batch, item: number, count: number, path: number, code: number): void {
    const outcome = code & OUTCOME_BITS
    // Failures have reasons of their own.
    if (outcome === OUTCOME.dead || outcome === OUTCOME.unmatched) return
    if (outcome === OUTCOME.dropped) this.#noteDrop(batch, item, count, path, code)
    const { left } = this.#samples
    left[path] -= count
    if (left[path] < 0) this.#pick(batch, item, count, path, code)
  }

  /** Keeps what is worth it of the batch, whose paths are closed and whose codes are final. */
  settle(batch: Batch, lines: number): void {
    this.#noteSlow(batch)
    if (batch.failed.size > 0 || batch.dead.size > 0) this.#noteFailures(batch, lines)
    if (batch.hasForks) this.#noteForks(batch, lines)
    if (batch.replay !== undefined) for (let line = 0; line < lines; line++) this.#add(line, BIT.forced, 1)
    for (const line of batch.notes?.kept ?? []) this.#add(line, BIT.forced, 1)
    if (this.#keepWhen !== undefined) this.#noteWanted(batch, lines, this.#keepWhen)
    if (this.#candidates.size > 0) this.#keep(batch, lines)
  }

  flush(nowMilliseconds: number): void {
    const { counters } = this.#telemetry
    counters[LANE.kept_written] = this.#writer.written
    counters[LANE.kept_shed] = this.#writer.dropped
    this.#writer.flush(nowMilliseconds)
  }

  #pick(batch: Batch, item: number, count: number, path: number, code: number): void {
    this.#samples.pick(path, count, this.#now, this.#picks)
    const isDropped = (code & OUTCOME_BITS) === OUTCOME.dropped
    for (const { index, weight, isRare } of this.#picks) {
      // Drops are sampled by processor and reason, whatever ways lead there.
      if (isDropped && !isRare) continue
      this.#add(batch.rootOf(item + index), (isRare ? BIT.rare : BIT.baseline) | this.#reasonsOf(path), weight)
    }
    if (this.#picks.length > 0) this.#picks = []
  }

  /** One for each processor and reason in an interval; it stands for all since the one before. */
  #noteDrop(batch: Batch, item: number, count: number, path: number, code: number): void {
    const key = this.#telemetry.paths.nodeOf(path) * STRING_CAPACITY + (code >> 8)
    this.#dropped[key] += count
    if (this.#now < this.#dropDue[key]) return
    this.#dropDue[key] = this.#now + this.#plan.sampleMilliseconds
    this.#add(batch.rootOf(item), BIT.dropped | this.#reasonsOf(path), this.#dropped[key])
    this.#dropped[key] = 0
  }

  /** A path that is long or goes in circles says so of each of its lines that is kept. */
  #reasonsOf(path: number): number {
    const known = this.#ofPath.get(path)
    if (known !== undefined) return known
    const nodes = this.#telemetry.paths.nodesOf(path)
    const isLoop = new Set(nodes).size < nodes.length
    const reasons = (isLoop ? BIT.loop : 0) | (nodes.length > this.#plan.hopsOver ? BIT.hops : 0)
    this.#ofPath.set(path, reasons)
    return reasons
  }

  /** All lines of a batch took the same: of each path one stands for all, the one that itself took longest. */
  #noteSlow(batch: Batch): void {
    const milliseconds = this.#now - batch.readAtMilliseconds
    const { slowMilliseconds = Number.POSITIVE_INFINITY } = this.#plan
    for (const { path, item, lines, usualNanos } of this.#telemetry.pathLatency.batchPaths) {
      if (milliseconds * 1e6 <= usualNanos && milliseconds <= slowMilliseconds) continue
      const last = this.#slowAt.get(path)
      if (last !== undefined && this.#now - last < SAME_PATH_MILLISECONDS) continue
      this.#slowAt.set(path, this.#now)
      this.#add(batch.rootOf(slowestOf(batch, path) ?? item), BIT.slow, lines)
    }
  }

  #noteFailures(batch: Batch, lines: number): void {
    for (const item of new Set([...batch.dead.keys(), ...batch.failed])) {
      const line = batch.rootOf(item)
      if (line < lines) this.#add(line, this.#failureOf(batch, item), 1)
    }
  }

  #failureOf(batch: Batch, item: number): number {
    const code = batch.outcome[item]
    const outcome = code & OUTCOME_BITS
    if (outcome === OUTCOME.dead) return BIT.dead
    if (outcome === OUTCOME.unmatched) return BIT.unmatched
    if (outcome === OUTCOME.dropped && code >> 8 === STRING.error) return BIT.errored
    return batch.attempts.has(item) ? BIT.retried : BIT.errored
  }

  #noteForks(batch: Batch, lines: number): void {
    for (const [line, { count }] of batch.descendants ?? []) {
      if (line < lines && count > this.#plan.forksOver) this.#add(line, BIT.forked, 1)
    }
  }

  #noteWanted(batch: Batch, lines: number, isWanted: Condition): void {
    for (let line = 0; line < lines; line++) if (this.#holds(batch, line, isWanted)) this.#add(line, BIT.forced, 1)
  }

  /** A condition that fails for a line does not hold for it. */
  #holds(batch: Batch, line: number, condition: Condition): boolean {
    const { input, firstLineNumber } = batch
    const letter = batch.replayLineOf(line)?.letter
    try {
      return condition(batch.lineBytes(line).toString(), {
        source: letter?.source ?? input.name,
        file: letter === undefined ? input.file : letter.file,
        lineNumber: letter?.lineNumber ?? firstLineNumber + line,
        tag: this.#entryName
      })
    } catch {
      return false
    }
  }

  #add(line: number, reasons: number, weight: number): void {
    const known = this.#candidates.get(line)
    if (known === undefined) this.#candidates.set(line, { reasons, weight })
    else {
      known.reasons |= reasons
      // Kept for sure for one reason, it stands for itself alone.
      known.weight = Math.min(known.weight, weight)
    }
  }

  #keep(batch: Batch, lines: number): void {
    this.#allowance.refill(this.#now)
    // Lowest bit first: the order of the reasons is that of their weight.
    const candidates = [...this.#candidates].sort(([, a], [, b]) => lowestBit(a.reasons) - lowestBit(b.reasons))
    this.#candidates.clear()
    for (const [line, candidate] of candidates) {
      if (line >= lines) continue
      if (this.#dropWhen !== undefined && this.#holds(batch, line, this.#dropWhen)) continue
      this.#count(MATCHED, candidate.reasons)
      const isFailure = (candidate.reasons & FAILURES) !== 0
      if (!this.#allowance.hasRoom(isFailure)) continue
      if (isFailure && !this.#mayKeepFailure(batch, line, candidate.reasons)) continue
      this.#allowance.take(isFailure, this.#write(batch, line, candidate))
      this.#count(KEPT, candidate.reasons)
    }
  }

  /** Of failures that say the same only so many. */
  #mayKeepFailure(batch: Batch, line: number, reasons: number): boolean {
    if ((reasons & BIT.forced) !== 0) return true
    const dead = batch.dead.get(line)
    if (dead === undefined) return true
    return this.#errors.isDue(`${dead.node} ${dead.error?.name ?? ''} ${dead.error?.message ?? dead.tag}`, this.#now)
  }

  #write(batch: Batch, line: number, candidate: Candidate): number {
    if (this.#plan.dryRun) return this.#plan.maxValueBytes
    return this.#writer.write(this.#composer.compose(batch, line, this.#now, candidate))
  }

  #count(indexes: readonly number[], reasons: number): void {
    const { counters } = this.#telemetry
    for (let bit = 0; bit < indexes.length; bit++) if ((reasons & (1 << bit)) !== 0) counters[indexes[bit]]++
  }
}

/** Of the items that ended on the path, the one that a processor was busy with longest, as far as that was measured. */
function slowestOf(batch: Batch, path: number): number | undefined {
  let slowest: number | undefined
  let longest = 0
  for (const { item, milliseconds } of batch.notes?.calls ?? []) {
    if (milliseconds <= longest || Number.isNaN(milliseconds) || batch.path[item] >> 1 !== path) continue
    longest = milliseconds
    slowest = item
  }
  return slowest
}

function lowestBit(reasons: number): number {
  return reasons & -reasons
}
