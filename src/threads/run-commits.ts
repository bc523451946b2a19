// The commits of one run: from cutting back what a run before it left, to the checkpoint of its end.

import { statSync } from 'node:fs'

import { type FileSystem, nodeFileSystem } from '../base/file-system.ts'
import { UserError } from '../base/user-error.ts'
import type { LaneEnd, Plan } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import type { Region } from '../shared-memory/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import { Committer } from './committer.ts'
import type { EndedInput, InputPositions, OpenedInput } from './input-positions.ts'
import type { OpenedLetters } from './messages.ts'
import { prepareFiles } from './resume.ts'

export interface RunCommitsSettings {
  readonly plan: Plan
  readonly registry: Registry
  readonly region: Region
  readonly stateFolder: string
  readonly resumed: Checkpoint | undefined
  readonly positions: InputPositions
  readonly log: (message: string) => void
  readonly onCommitted: (sequence: number, finished: readonly number[]) => void
  /** No commit goes through at the moment; undefined: they do again. */
  readonly onWaiting: (reason: string | undefined) => void
  /** The run must end. */
  readonly onFailure: (message: string) => void
}

/** `durability: fast`: the order of all writes stays as it is, and nobody waits for the disk. */
const WITHOUT_SYNCS: FileSystem = {
  ...nodeFileSystem,
  fsyncSync: () => undefined,
  fdatasyncSync: () => undefined
}

export class RunCommits {
  readonly #settings: RunCommitsSettings
  #committer: Committer | undefined
  #failure: string | undefined

  constructor(settings: RunCommitsSettings) {
    this.#settings = settings
  }

  /** Before the lane opens its outputs. */
  prepareFiles(): void {
    const { stateFolder, resumed, log } = this.#settings
    prepareFiles(stateFolder, resumed, log)
  }

  /** The outputs are open and as they should be: the first commit. Throws a UserError when it cannot be. */
  start(letters: OpenedLetters): void {
    const { plan, region, stateFolder, positions, resumed, onCommitted, onWaiting } = this.#settings
    try {
      this.#committer = new Committer({
        plan,
        region,
        stateFolder,
        positions,
        sinkFiles: this.#sinkFiles(),
        letters,
        resumed,
        fileSystem: plan.durability === 'fast' ? WITHOUT_SYNCS : nodeFileSystem,
        onCommitted,
        onWaiting,
        onFailure: failure => this.#fail(failure)
      })
      this.#committer.start()
    } catch (cause) {
      throw new UserError(messageOf(cause), { cause })
    }
  }

  began({ sourceNumber, file, stored, ...input }: OpenedInput): void {
    this.#settings.positions.began({ ...input, sourceNumber, file, stored })
    this.#committer?.began({ sourceNumber, path: file, stored })
  }

  ended(end: EndedInput): void {
    this.#settings.positions.ended(end)
  }

  released(sourceNumber: number): void {
    this.#settings.positions.released(sourceNumber)
    this.#committer?.released(sourceNumber)
  }

  /** The lane has ended. What it has settled is committed; when that fails, so has the run. */
  async finish(end: LaneEnd, mayWait: () => boolean): Promise<LaneEnd> {
    const committer = this.#committer
    if (committer === undefined) return end
    try {
      await committer.finish(end.reason === 'end' && !this.#settings.plan.source.isEndless, mayWait)
    } catch (failure) {
      this.#failure ??= messageOf(failure)
    } finally {
      committer.close()
    }
    return this.#failure === undefined ? end : { reason: 'failed', message: this.#failure }
  }

  #fail(failure: Error): void {
    this.#failure = messageOf(failure)
    this.#settings.onFailure(this.#failure)
  }

  /** Of sinks whose files can be cut back: regular ones. */
  #sinkFiles(): (string | undefined)[] {
    const { plan, registry } = this.#settings
    return plan.sinks.map(({ type, options }) => {
      const path = registry.sinks.get(type)?.file?.(options, plan.baseFolder)
      if (path === undefined) return undefined
      try {
        if (!statSync(path).isFile()) return undefined
        nodeFileSystem.closeSync(nodeFileSystem.openSync(path, 0))
        return path
      } catch {
        // Written and not readable: it cannot be told from another file later, so it is never cut.
        return undefined
      }
    })
  }
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure)
}
