// The commits of one run: from cutting back what a run before it left, to the checkpoint of its end.

import { statSync } from 'node:fs'

import { type FileSystem, nodeFileSystem } from '../base/file-system.ts'
import { quote } from '../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../base/system-error.ts'
import { UserError } from '../base/user-error.ts'
import type { LaneEnd, Plan, ProcessorState } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import type { InputPosition } from '../sdk/source.ts'
import type { Region } from '../shared-memory/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import { Committer, type CommitterSettings } from './committer.ts'
import type { EndedInput, InputPositions, OpenedInput } from './input-positions.ts'
import type { OpenedLetters, StatedSnapshot } from './messages.ts'
import { inputPositions, keepWhatIsWritten, prepareFiles } from './resume.ts'

export interface RunCommitsSettings {
  readonly plan: Plan
  readonly registry: Registry
  readonly region: Region
  readonly stateFolder: string
  readonly resumed: Checkpoint | undefined
  readonly positions: InputPositions
  /** False: nothing is committed but what a restarted lane needs. */
  readonly commits: boolean
  readonly log: (message: string) => void
  /** Only dead letters are replayed. */
  readonly replaysOnly: boolean
  /** False: outputs are left as they are, and only get more. */
  readonly cutsOutputs: boolean
  readonly syncReplays: () => void
  readonly onCommitted: CommitterSettings['onCommitted']
  /** No commit goes through at the moment; undefined: they do again. */
  readonly onWaiting: (reason: string | undefined) => void
  readonly onReplaced: CommitterSettings['onReplaced']
  /** The run must end. */
  readonly onFailure: (message: string) => void
}

/** What the successor of a lane that died begins with. */
export interface TakenBack {
  /** Counters of the snapshot that everything was brought back to. */
  readonly values: Float64Array
  readonly inputs: readonly InputPosition[]
  readonly states: readonly ProcessorState[]
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
  #stated: StatedSnapshot | undefined
  #failure: string | undefined

  constructor(settings: RunCommitsSettings) {
    this.#settings = settings
  }

  /** Before the lane opens its outputs. */
  prepareFiles(): void {
    const { plan, stateFolder, resumed, replaysOnly, cutsOutputs, log } = this.#settings
    if (!cutsOutputs) return
    if (resumed !== undefined && !replaysOnly && plan.source.readBy === 'main') keepWhatIsWritten(resumed, log)
    else prepareFiles(stateFolder, resumed, log)
  }

  /** The outputs are open and as they should be: the first commit. Throws a UserError when it cannot be. */
  start(letters: OpenedLetters): void {
    const { plan, region, stateFolder, positions, commits, resumed, onCommitted, onWaiting } = this.#settings
    const { replaysOnly, syncReplays, onReplaced, log } = this.#settings
    try {
      this.#committer = new Committer({
        plan,
        region,
        stateFolder,
        positions,
        sinkFiles: this.#sinkFiles(),
        letters,
        resumed,
        replaysOnly,
        syncReplays,
        stated: () => this.#stated,
        fileSystem: plan.durability === 'fast' || !commits ? WITHOUT_SYNCS : nodeFileSystem,
        onCommitted: commits ? onCommitted : () => undefined,
        onWaiting,
        onReplaced,
        log,
        onFailure: failure => this.#fail(failure)
      })
      if (commits) this.#committer.start()
    } catch (cause) {
      throw new UserError(messageOf(cause), { cause })
    }
  }

  began({ sourceNumber, file, stored, ...input }: OpenedInput): void {
    this.#settings.positions.began({ ...input, sourceNumber, file, stored })
    this.#committer?.began({ sourceNumber, path: file, stored })
  }

  /** The pipeline keeps state: only snapshots that come with it are committed from now on. */
  stated(stated: StatedSnapshot): void {
    this.#stated = stated
  }

  ended(end: EndedInput): void {
    this.#settings.positions.ended(end)
  }

  released(sourceNumber: number): void {
    this.#settings.positions.released(sourceNumber)
    this.#committer?.released(sourceNumber)
  }

  /**
   * The lane has died: commits what it had settled and brings the outputs back to that. Throws when its successor could
   * not go on with all of it.
   */
  async takeBack(mayWait: () => boolean): Promise<TakenBack> {
    const { plan, stateFolder, positions, log } = this.#settings
    if (this.#committer === undefined) throw new Error('it had not begun')
    const { checkpoint, values } = await this.#committer.takeBack(mayWait)
    const lost = plan.source.readBy === 'lane' ? positions.unrepeatable() : undefined
    if (lost !== undefined) throw new Error(`what it had read of ${quote(lost)} cannot be read again`)
    prepareFiles(stateFolder, checkpoint, log)
    for (const [index, { name, file }] of checkpoint.sinks.entries()) {
      if (file !== undefined || plan.sinks[index].type === 'discard') continue
      log(`The output ${quote(name)} cannot be cut back: some of its lines may come a second time.`)
    }
    positions.restart()
    return { values, inputs: inputPositions(checkpoint.inputs), states: checkpoint.processors }
  }

  /** A successor of the lane has opened the outputs. */
  goOn(letters: OpenedLetters | undefined): void {
    if (this.#settings.commits && letters !== undefined) this.#committer?.goOn(letters)
  }

  /** The lane has ended. What it has settled is committed; when that fails, so has the run. */
  async finish(end: LaneEnd, mayWait: () => boolean): Promise<LaneEnd> {
    const committer = this.#committer
    if (committer === undefined) return end
    try {
      const isComplete = end.reason === 'end' && !this.#settings.plan.source.isEndless
      if (this.#settings.commits) await committer.finish(isComplete, mayWait)
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
    const { plan, registry, log } = this.#settings
    return plan.sinks.map(({ name, type, options }) => {
      const path = registry.sinks.get(type)?.file?.(options, plan.baseFolder)
      if (path === undefined) return undefined
      try {
        if (!statSync(path).isFile()) return undefined
        nodeFileSystem.closeSync(nodeFileSystem.openSync(path, 0))
        return path
      } catch (error) {
        // Renamed or deleted since the lane has opened it: it will be opened again.
        if (systemErrorCode(error) === 'ENOENT') return path
        // Written and not readable: it cannot be told from another file later, so it is never cut.
        log(
          `The output ${quote(name)} cannot be read (${systemErrorReason(error)}): after a crash lines may come twice.`
        )
        return undefined
      }
    })
  }
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure)
}
