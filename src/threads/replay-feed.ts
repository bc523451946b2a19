// Feeds the letters of a replay job to a lane, and notes what becomes of them.
//
// How far the job has come is a counter of the lane, so it is in the same snapshot as the lengths of the outputs: what a
// crash takes back, it takes back of both. What became of each letter goes to the job's file before it is counted.

import { closeSync, constants, openSync, writeSync } from 'node:fs'

import type { Plan } from '../engine/index.ts'
import { endsReplayBatch, ReplayEntries, type ReplayInlet, type ReplayLine, type ReplayLines } from '../engine/index.ts'
import { LANE } from '../shared-memory/index.ts'
import { LetterFetcher } from '../state/dead-letter-log/fetch.ts'
import { parseLineId, type ReplayJob } from '../state/replay/job.ts'
import { ReplayJobs } from '../state/replay/jobs.ts'
import { outcomeCode, type ReplayOutcome } from '../state/replay/outcome.ts'
import type { Selection } from '../state/replay/selection.ts'
import type { ReplayReport } from './messages.ts'

/** Letters looked at in one go: also when all are refused, the lane must get its turn. */
const MAX_LETTERS = 1024
/** With an error rate to stop at, a lane that goes faster would be far beyond it. */
const WATCHED_LINES = 64
/** Of fewer lines a rate says nothing. */
const RATE_LINES = 20
/** A lane that was busy may catch up on what it missed in so long. */
const BURST_SECONDS = 0.1

/** Letters that follow one another in the job. Those that go in are a batch. */
interface Span {
  readonly from: number
  readonly codes: number[]
  isSettled: boolean
}

export interface ReplayFeedSettings {
  readonly plan: Plan
  readonly stateFolder: string
  /** Those of the lane: they go on from what a predecessor or a checkpoint has left. */
  readonly counters: Float64Array
  readonly report: (report: ReplayReport) => void
}

export class ReplayFeed implements ReplayInlet {
  onDue: (() => void) | undefined
  readonly #settings: ReplayFeedSettings
  readonly #letters: LetterFetcher
  #job: ReplayJob | undefined
  #selection!: Selection
  #entries!: ReplayEntries
  #outcomes: number | undefined
  #spans: Span[] = []
  #next = 0
  #isRunning = false
  /** A line of it will not be settled by this lane: nothing behind it counts. */
  #isCut = false
  #isQuietAsked = false
  #counts = { failed: 0, replayed: 0 }
  #tokens = 1
  #tokensAt = performance.now()
  #timer: NodeJS.Timeout | undefined

  constructor(settings: ReplayFeedSettings) {
    this.#settings = settings
    this.#letters = new LetterFetcher(settings.stateFolder)
  }

  get isBusy(): boolean {
    return this.#isRunning && this.#job !== undefined && this.#next < this.#job.total
  }

  /** Begins the job or goes on with it, from where the lane's counters stand. */
  run(job: ReplayJob): void {
    try {
      if (this.#job?.number !== job.number) this.#open(job)
    } catch (failure) {
      this.#settings.report({ type: 'stopped', job: job.number, reason: (failure as Error).message, hasBegun: false })
      return
    }
    this.#job = job
    this.#counts = { failed: 0, replayed: 0 }
    this.#isQuietAsked = false
    this.#isRunning = true
    this.onDue?.()
  }

  /** Lets no more letters in, and reports once those that are in are settled. */
  pause(): void {
    this.#isRunning = false
    this.#isQuietAsked = true
    this.#reportQuiet()
  }

  close(): void {
    this.#isRunning = false
    clearTimeout(this.#timer)
    this.#letters.close()
    if (this.#outcomes !== undefined) closeSync(this.#outcomes)
    this.#outcomes = undefined
  }

  take(maxLines: number): ReplayLines | undefined {
    const job = this.#job
    if (job === undefined || !this.isBusy) return undefined
    const isWatched = job.stopAtErrorPercent !== undefined
    if (isWatched && this.#spans.length > 0) return undefined
    const allowed = Math.min(maxLines, isWatched ? WATCHED_LINES : MAX_LETTERS, this.#allowance(job))
    if (allowed < 1) return undefined

    const span: Span = { from: this.#next, codes: [], isSettled: false }
    const lines: ReplayLine[] = []
    let bytes = 0
    while (this.#next < job.total && lines.length < allowed && span.codes.length < MAX_LETTERS) {
      const line = this.#lineAt(job, this.#next++)
      span.codes.push(outcomeCode(typeof line === 'string' ? line : 'pending'))
      if (typeof line === 'string') continue
      lines.push(line)
      if (endsReplayBatch(line, bytes)) break
      bytes += line.letter.original.bytes.length
    }
    this.#spans.push(span)
    this.#tokens -= lines.length
    if (lines.length === 0) {
      span.isSettled = true
      this.#countSettled()
      if (this.isBusy) setImmediate(() => this.onDue?.())
      return undefined
    }
    return {
      lines,
      settled: outcomes => this.#settled(span, lines, outcomes),
      stop: reason => this.#stop(job, reason)
    }
  }

  #open(job: ReplayJob): void {
    const { stateFolder, plan, counters } = this.#settings
    const jobs = new ReplayJobs(stateFolder)
    this.#selection = jobs.selection(job)
    this.#entries = new ReplayEntries(plan, job)
    if (this.#outcomes !== undefined) closeSync(this.#outcomes)
    this.#outcomes = openSync(jobs.outcomesFile(job.number), constants.O_WRONLY)
    this.#spans = []
    this.#isCut = false
    if (counters[LANE.replay_job] !== job.number) {
      counters[LANE.replay_job] = job.number
      counters[LANE.replay_position] = 0
    }
    this.#next = counters[LANE.replay_position]
  }

  /** `at` from 0. */
  #lineAt(job: ReplayJob, at: number): ReplayLine | ReplayOutcome {
    const { place, preset } = this.#selection.at(at)
    if (preset !== outcomeCode('pending')) return 'same_line'
    const letter = this.#letters.fetch(place)
    if (letter === undefined) return 'gone'
    const index = at + 1
    const entry = this.#entries.entryOf(letter, index)
    if (typeof entry === 'string') return entry
    const of = parseLineId(letter.id) ?? { source: -1, offset: 0, fork: 0 }
    return { letter, entry, mark: { job: job.number, index, of } }
  }

  #settled(span: Span, lines: readonly ReplayLine[], outcomes: readonly ReplayOutcome[]): void {
    for (const [at, outcome] of outcomes.entries()) {
      span.codes[lines[at].mark.index - 1 - span.from] = outcomeCode(outcome)
      this.#counts.replayed++
      if (outcome === 'dead' || outcome === 'unmatched') this.#counts.failed++
    }
    if (outcomes.length < lines.length) {
      span.codes.length = lines[outcomes.length].mark.index - 1 - span.from
      this.#isRunning = false
    }
    span.isSettled = true
    this.#countSettled()
    if (outcomes.length < lines.length) this.#isCut = true
    this.#stopAtErrorRate()
    this.#reportQuiet()
  }

  #countSettled(): void {
    const { counters } = this.#settings
    while (this.#spans.length > 0 && this.#spans[0].isSettled && !this.#isCut) {
      const { from, codes } = this.#spans.shift()!
      const bytes = Uint8Array.from(codes)
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(this.#outcomes!, bytes, written, bytes.length - written, from + written)
      }
      counters[LANE.replay_position] = from + codes.length
    }
  }

  #stopAtErrorRate(): void {
    const { failed, replayed } = this.#counts
    const job = this.#job
    if (job?.stopAtErrorPercent === undefined || replayed < RATE_LINES || !this.#isRunning) return
    const percent = (failed / replayed) * 100
    if (percent <= job.stopAtErrorPercent) return
    this.#stop(job, `${failed} of ${replayed} lines failed again, which is more than ${job.stopAtErrorPercent} %`)
  }

  #stop(job: ReplayJob, reason: string): void {
    if (!this.#isRunning) return
    this.#isRunning = false
    this.#settings.report({ type: 'stopped', job: job.number, reason, hasBegun: true })
    this.#isQuietAsked = true
    this.#reportQuiet()
  }

  #reportQuiet(): void {
    if (!this.#isQuietAsked || this.#spans.length > 0 || this.#job === undefined) return
    this.#isQuietAsked = false
    const position = this.#settings.counters[LANE.replay_position]
    this.#settings.report({ type: 'quiet', job: this.#job.number, position })
  }

  /** How many lines may go in now. With none, `onDue` is called when one may. */
  #allowance({ linesPerSecond: rate }: ReplayJob): number {
    if (rate === undefined) return Number.POSITIVE_INFINITY
    const now = performance.now()
    const most = Math.max(1, rate * BURST_SECONDS)
    this.#tokens = Math.min(most, this.#tokens + ((now - this.#tokensAt) / 1000) * rate)
    this.#tokensAt = now
    if (this.#tokens >= 1) return Math.floor(this.#tokens)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.onDue?.(), Math.ceil(((1 - this.#tokens) / rate) * 1000) + 1)
    return 0
  }
}
