// Hands the groups of errors that have changed from an observer to the store. Counting goes on whether it takes them or not.

import type { Observer } from '../observer/observer.ts'
import type { KeptErrorGroup } from '../store/messages.ts'

export class ErrorFeed {
  readonly #observer: Pick<Observer, 'errors'>
  readonly #put: (groups: readonly KeptErrorGroup[]) => boolean
  #totalErrors = 0
  /** Counts that the store has, by the group's id. */
  #known = new Map<string, number>()

  /** `put` says whether they were taken; if not, they come again. */
  constructor(observer: Pick<Observer, 'errors'>, put: (groups: readonly KeptErrorGroup[]) => boolean) {
    this.#observer = observer
    this.#put = put
  }

  poll(): void {
    const { total_errors: totalErrors, groups } = this.#observer.errors(1)
    if (totalErrors === this.#totalErrors) return
    const changed: KeptErrorGroup[] = []
    const known = new Map<string, number>()
    for (const group of groups) {
      known.set(group.id, group.count)
      if (this.#known.get(group.id) === group.count) continue
      changed.push({ key: group.id, lastAt: Date.parse(group.last_at), group })
    }
    if (!this.#put(changed)) return
    this.#known = known
    this.#totalErrors = totalErrors
  }

  /** The store has begun anew, perhaps with an empty database. */
  sendAllAgain(): void {
    this.#known = new Map()
    this.#totalErrors = 0
  }
}
