// Time that stands still until a test lets it pass, and notices of changes that a test gives or keeps back.

import { basename, dirname } from 'node:path'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import type { FollowTools } from './follow-tools.ts'

interface Timer {
  readonly at: number
  readonly act: () => void
}

export class ManualTools implements FollowTools {
  readonly fileSystem: FileSystem
  #now = 0
  readonly #timers = new Set<Timer>()
  readonly #watchers = new Map<string, Set<(name: string | undefined) => void>>()

  constructor(fileSystem: FileSystem = nodeFileSystem) {
    this.fileSystem = fileSystem
  }

  now(): number {
    return this.#now
  }

  after(milliseconds: number, act: () => void): () => void {
    const timer = { at: this.#now + milliseconds, act }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  watchFolder(folder: string, changed: (name: string | undefined) => void): () => void {
    const watchers = this.#watchers.get(folder) ?? new Set()
    this.#watchers.set(folder, watchers.add(changed))
    return () => watchers.delete(changed)
  }

  /** As the system does it after a change. */
  notify(path: string): void {
    for (const changed of this.#watchers.get(dirname(path)) ?? []) changed(basename(path))
  }

  pass(milliseconds: number): void {
    const end = this.#now + milliseconds
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.act()
    }
    this.#now = end
  }
}
