// A replay that changes nothing: letters go through everything but the sinks, and each one's way is told.

import { Lane, type Plan, ReplayEntries, type ReplayInlet, type ReplayLine, type ReplayLines } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import type { StoredLetter } from '../state/dead-letter-log/reader.ts'
import { parseLineId, type ReplayChange, type ReplaySettings } from '../state/replay/job.ts'
import type { ReplayOutcome } from '../state/replay/outcome.ts'
import type { TriedLine } from './hop-recorder.ts'
import { createTrialParts } from './trial-parts.ts'

const LINES_AT_ONCE = 64

export type Trial =
  | { readonly stored: StoredLetter; readonly line: TriedLine; readonly refused?: undefined }
  | { readonly stored: StoredLetter; readonly line?: undefined; readonly refused: ReplayOutcome }

export interface TrialSettings {
  readonly plan: Plan
  readonly registry: Registry
  readonly letters: readonly StoredLetter[]
  readonly from: ReplaySettings['from']
  readonly change: ReplayChange | undefined
  readonly onTrial: (trial: Trial) => void
}

/** Resolves when all letters have come to an end. */
export async function tryReplay({ plan, registry, letters, from, change, onTrial }: TrialSettings): Promise<void> {
  const tell = (line: TriedLine): void => onTrial({ stored: letters[line.lineNumber - 1], line })
  const parts = await createTrialParts(plan, registry, tell)
  const nothing = { next: () => undefined, totalBytes: undefined, close: () => undefined }
  const replays = new Trials(new ReplayEntries(plan, { from, change }), letters, onTrial)
  const end = await new Lane(parts, nothing, Number.POSITIVE_INFINITY, { replays }).run()
  if (end.reason === 'failed') throw new Error(end.message)
}

class Trials implements ReplayInlet {
  onDue: (() => void) | undefined
  readonly #entries: ReplayEntries
  readonly #letters: readonly StoredLetter[]
  readonly #onTrial: TrialSettings['onTrial']
  #next = 0

  constructor(entries: ReplayEntries, letters: readonly StoredLetter[], onTrial: TrialSettings['onTrial']) {
    this.#entries = entries
    this.#letters = letters
    this.#onTrial = onTrial
  }

  get isBusy(): boolean {
    return this.#next < this.#letters.length
  }

  take(maxLines: number): ReplayLines | undefined {
    const lines: ReplayLine[] = []
    while (this.isBusy && lines.length < Math.min(maxLines, LINES_AT_ONCE)) {
      const stored = this.#letters[this.#next++]
      const entry = this.#entries.entryOf(stored.letter, this.#next)
      if (typeof entry === 'string') {
        // Told in its place: behind those before it.
        if (lines.length > 0) {
          this.#next--
          break
        }
        this.#onTrial({ stored, refused: entry })
        continue
      }
      const of = parseLineId(stored.letter.id) ?? { source: -1, offset: 0, fork: 0 }
      lines.push({ letter: stored.letter, entry, mark: { job: 1, index: this.#next, of } })
      if (stored.letter.original.bytes.at(-1) !== 0x0a) break
    }
    if (lines.length === 0) return undefined
    return { lines, settled: () => undefined, stop: () => undefined }
  }

  close(): void {}
}
