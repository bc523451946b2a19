// Chooses the letters of a replay: those that match, are committed, and were not replayed before. Reads the whole log,
// in small pieces, so that the thread it runs on does everything else in between.

import { type Plan, ReplayEntries } from '../engine/index.ts'
import type { LineValue } from '../sdk/line.ts'
import { readCheckpoint } from '../state/checkpoint/reader.ts'
import { type LetterFilter, matches, type RevealText } from '../state/dead-letter-log/filter.ts'
import type { LogPosition } from '../state/dead-letter-log/layout.ts'
import { readDeadLetters, type StoredLetter } from '../state/dead-letter-log/reader.ts'
import { parseLineId, type ReplayChange, type ReplaySettings } from '../state/replay/job.ts'
import { ReplayJobs } from '../state/replay/jobs.ts'
import { isReplayed, type ReplayOutcome } from '../state/replay/outcome.ts'
import { type SelectedLetter, selectionLine } from '../state/replay/selection.ts'

const SLICE_MILLISECONDS = 10

export interface Choice extends Pick<ReplaySettings, 'from' | 'isForced'> {
  readonly filter: LetterFilter
  readonly limit: number
  readonly change: Omit<ReplayChange, 'values'> | undefined
  /** By number or id. */
  readonly edits: ReadonlyMap<string, LineValue>
}

export interface Chosen {
  /** In the order of the log. */
  readonly letters: readonly StoredLetter[]
  readonly lines: readonly string[]
  readonly change: ReplayChange | undefined
  /** With the present pipeline; none of these would go in. */
  readonly refused: ReadonlyMap<ReplayOutcome, number>
  readonly sameLine: number
  readonly replayedBefore: number
  readonly configChanged: number
  /** Numbers and ids that were asked for and are not there. */
  readonly missing: readonly string[]
  /** Places of the log that cannot be read. */
  readonly damaged: number
}

export async function chooseLetters(
  stateFolder: string,
  plan: Plan,
  choice: Choice,
  reveal: RevealText,
  keepsLetters = false
): Promise<Chosen> {
  const chooser = new Chooser(plan, choice, replayedPlaces(stateFolder), keepsLetters)
  const committed = readCheckpoint(stateFolder)?.checkpoint.deadLetters
  let sliceEnd = performance.now() + SLICE_MILLISECONDS
  for (const entry of readDeadLetters(stateFolder, undefined, { readsDiscarded: true })) {
    if (chooser.isFull) break
    if (entry.kind === 'damage') chooser.damaged += entry.isTorn ? 0 : 1
    else if (entry.letter !== undefined && isCommitted(entry.start, committed)) {
      const stored: StoredLetter = { ...entry, kind: 'letter', letter: entry.letter }
      if (matches(stored, choice.filter, reveal)) chooser.offer(stored, entry.kind === 'discarded')
    }
    if (performance.now() < sliceEnd) continue
    await new Promise(resolve => setImmediate(resolve))
    sliceEnd = performance.now() + SLICE_MILLISECONDS
  }
  return chooser.chosen()
}

/** What a crash may still take back is not replayed. */
function isCommitted({ segment, length }: LogPosition, committed: LogPosition | undefined): boolean {
  if (committed === undefined) return true
  return segment < committed.segment || (segment === committed.segment && length < committed.length)
}

function placeKey({ segment, length }: LogPosition): string {
  return `${segment}:${length}`
}

function replayedPlaces(stateFolder: string): Set<string> {
  const jobs = new ReplayJobs(stateFolder)
  const places = new Set<string>()
  for (const job of jobs.list()) {
    const selection = jobs.selection(job)
    for (const [index, code] of jobs.outcomes(job, 0, job.done).entries()) {
      if (isReplayed(code)) places.add(placeKey(selection.at(index).place.start))
    }
  }
  return places
}

class Chooser {
  damaged = 0
  readonly #plan: Plan
  readonly #choice: Choice
  readonly #replayed: ReadonlySet<string>
  readonly #keepsLetters: boolean
  readonly #entries: ReplayEntries
  readonly #letters: StoredLetter[] = []
  readonly #lines: string[] = []
  readonly #values: [number, LineValue][] = []
  readonly #refused = new Map<ReplayOutcome, number>()
  readonly #seenLines = new Set<string>()
  readonly #missing: Set<string>
  #sameLine = 0
  #replayedBefore = 0
  #configChanged = 0

  constructor(plan: Plan, choice: Choice, replayed: ReadonlySet<string>, keepsLetters: boolean) {
    this.#plan = plan
    this.#choice = choice
    this.#replayed = replayed
    this.#keepsLetters = keepsLetters
    this.#entries = new ReplayEntries(plan, choice)
    this.#missing = new Set([...choice.filter.id, ...choice.edits.keys()])
  }

  get isFull(): boolean {
    return this.#lines.length >= this.#choice.limit
  }

  offer(stored: StoredLetter, isDiscarded: boolean): void {
    const { letter, sequence, start, checksum } = stored
    const wasReplayed = this.#replayed.has(placeKey(start))
    // Discarded by a person: it is gone.
    if (isDiscarded && !wasReplayed) return
    this.#missing.delete(letter.id)
    this.#missing.delete(String(sequence))
    if (wasReplayed && !this.#choice.isForced) {
      this.#replayedBefore++
      return
    }
    const index = this.#lines.length + 1
    const edited = this.#choice.edits.get(String(sequence)) ?? this.#choice.edits.get(letter.id)
    if (edited !== undefined) this.#values.push([index, edited])
    const preset = this.#presetOf(stored, index, edited)
    if (letter.configHash !== this.#plan.configHash) this.#configChanged++
    const { id, configHash } = letter
    const selected: SelectedLetter = { start, checksum, sequence, configHash, id, preset }
    this.#lines.push(selectionLine(selected))
    if (this.#keepsLetters) this.#letters.push(stored)
  }

  /** A line that is to go through from its start goes once, however many letters were made of it. */
  #presetOf({ letter }: StoredLetter, index: number, edited: LineValue | undefined): ReplayOutcome {
    const entry = edited === undefined ? this.#entries.entryOf(letter, index) : this.#editedEntry(letter, edited)
    if (typeof entry === 'string') {
      this.#refused.set(entry, (this.#refused.get(entry) ?? 0) + 1)
      return 'pending'
    }
    if (this.#choice.from !== 'start') return 'pending'
    const place = parseLineId(letter.id)
    const line = place === undefined ? letter.id : `${place.source}:${place.offset}`
    if (this.#seenLines.has(line)) {
      this.#sameLine++
      return 'same_line'
    }
    this.#seenLines.add(line)
    return 'pending'
  }

  #editedEntry(letter: StoredLetter['letter'], value: LineValue) {
    const change = { ...this.#choice.change, value }
    return new ReplayEntries(this.#plan, { from: this.#choice.from, change }).entryOf(letter, 0)
  }

  chosen(): Chosen {
    const change = { ...this.#choice.change, ...(this.#values.length > 0 ? { values: this.#values } : {}) }
    return {
      letters: this.#letters,
      lines: this.#lines,
      change: Object.keys(change).length > 0 ? change : undefined,
      refused: this.#refused,
      sameLine: this.#sameLine,
      replayedBefore: this.#replayedBefore,
      configChanged: this.#configChanged,
      missing: [...this.#missing],
      damaged: this.damaged
    }
  }
}
