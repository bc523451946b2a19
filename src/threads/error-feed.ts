// Hands the groups of errors that have changed from an observer to the store. Counting goes on whether it takes them or not.

import { kindOf } from '../observer/error-groups.ts'
import type { Observer } from '../observer/observer.ts'
import type { KeptErrorGroup } from '../store/messages.ts'

export class ErrorFeed {
  readonly #observer: Pick<Observer, 'errors'>
  readonly #put: (groups: readonly KeptErrorGroup[]) => boolean
  #totalErrors = 0
  /** Counts that the store has, by key. */
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
      const key = JSON.stringify([group.processor, group.name, kindOf(group.message)])
      known.set(key, group.count)
      if (this.#known.get(key) !== group.count) changed.push({ key, lastAt: Date.parse(group.last_at), group })
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
