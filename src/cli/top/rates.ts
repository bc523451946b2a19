// Rates that no answer holds: what came out of a processor and what failed in it a second, out of the last answers.

import type { Stats } from '../../contract/stats.ts'

const WINDOW_MILLISECONDS = 10_000

export interface NodeRates {
  readonly out: number
  readonly errors: number
}

interface Sample {
  readonly atMilliseconds: number
  readonly startedAt: string
  readonly counts: ReadonlyMap<string, NodeRates>
}

export class RecentRates {
  #samples: Sample[] = []

  add(stats: Stats): void {
    const sample: Sample = {
      atMilliseconds: Date.parse(stats.at),
      startedAt: stats.started_at,
      counts: new Map([
        ...stats.processors.map(({ name, emitted, errors }) => [name, { out: emitted, errors }] as const),
        ...stats.sinks.map(({ name, delivered, errors }) => [name, { out: delivered, errors }] as const)
      ])
    }
    // Another process counts anew.
    if (this.#samples.at(-1)?.startedAt !== sample.startedAt) this.#samples = []
    const since = sample.atMilliseconds - WINDOW_MILLISECONDS
    this.#samples = [...this.#samples.filter(({ atMilliseconds: at }) => at >= since), sample]
  }

  /** Undefined before there are two answers to compare. */
  of(name: string): NodeRates | undefined {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    const seconds = last === undefined ? 0 : (last.atMilliseconds - first.atMilliseconds) / 1000
    const before = first?.counts.get(name)
    const now = last?.counts.get(name)
    if (seconds <= 0 || before === undefined || now === undefined) return undefined
    // A lane that died goes back to its last snapshot, and so do its counts.
    const rate = (from: number, to: number): number => Math.max(0, to - from) / seconds
    return { out: rate(before.out, now.out), errors: rate(before.errors, now.errors) }
  }
}
