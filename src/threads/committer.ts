// Makes durable what a lane has done: what it wrote first, then the checkpoint that speaks of it.
//
// The snapshot is read before anything is synced, so everything that it tells of was written before the sync. It is this
// order that all promises of a resume stand on.

import { setTimeout as sleep } from 'node:timers/promises'

import { type FileSystem, nodeFileSystem } from '../base/file-system.ts'
import type { Plan } from '../engine/index.ts'
import { LANE, type LaneCounter, type Region, SnapshotReader } from '../shared-memory/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import { CommittedInputs } from '../state/checkpoint/committed-inputs.ts'
import { CommittedLetters } from '../state/checkpoint/committed-letters.ts'
import { CheckpointError, CheckpointWriter } from '../state/checkpoint/writer.ts'
import { counterGroups } from './checkpoint-counters.ts'
import { CommittedOutputs } from './committed-outputs.ts'
import type { InputPositions } from './input-positions.ts'
import type { LaneCommit, OpenedLetters, StatedSnapshot } from './messages.ts'

/** Between two commits, at least. What is read again after a crash need not be committed so often. */
const COMMIT_MILLISECONDS = 50
const COMMIT_READABLE_MILLISECONDS = 200
/** When so much has been written since the last one, the next comes at once: lanes wait at four times as much. */
const URGENT_BYTES = 16 * 1024 * 1024
/** Of the time, at most this part is spent on commits: a slow disk slows the commits, not the lines. */
const COMMIT_SHARE = 0.25
/** After one that found no room. */
const RETRY_MILLISECONDS = 500

/** When none of these has changed, there is nothing new to commit. */
const PROGRESS: readonly LaneCounter[] = [
  'settled_batches',
  'input_turn',
  'source_offset',
  'dead_letter_bytes',
  'replay_job',
  'replay_position'
]

export interface CommitterSettings {
  readonly plan: Plan
  readonly region: Region
  readonly stateFolder: string
  readonly positions: InputPositions
  /** Absolute paths by sink; undefined where no file is written that can be cut back. */
  readonly sinkFiles: readonly (string | undefined)[]
  readonly letters: OpenedLetters
  /** What the run goes on from. */
  readonly resumed: Checkpoint | undefined
  /** Only dead letters are replayed: the input, and whether it was read to its end, stay as they were. */
  readonly replaysOnly: boolean
  /** Makes durable what the checkpoint will say of replays. */
  readonly syncReplays: () => void
  /** The newest snapshot that comes with the states of processors; undefined when no processor keeps any. */
  readonly stated: () => StatedSnapshot | undefined
  readonly onCommitted: (commit: LaneCommit, values: Float64Array) => void
  /** Undefined: it goes on again. */
  readonly onWaiting: (reason: string | undefined) => void
  /** The files of these sinks were renamed or deleted: the lane should go on in new ones. */
  readonly onReplaced: (sinks: readonly number[]) => void
  readonly log: (message: string) => void
  /** No commit is possible any more. */
  readonly onFailure: (failure: Error) => void
  readonly fileSystem?: FileSystem
}

/** A checkpoint, and all the counters that it was made from. */
export interface Committed {
  readonly checkpoint: Checkpoint
  readonly values: Float64Array
}

export class Committer {
  readonly #settings: CommitterSettings
  readonly #snapshots: SnapshotReader
  readonly #writer: CheckpointWriter
  readonly #outputs: CommittedOutputs
  #letters: CommittedLetters
  readonly #inputs: CommittedInputs
  readonly #announced = new Set<number>()
  #timer: NodeJS.Timeout | undefined
  /** Progress of what was committed last. */
  #committed = ''
  #last: Committed | undefined
  /** Segment of dead letters that the checkpoint before the current one names. */
  #previousSegment: number
  #committedBytes = 0
  #waitsFor: string | undefined
  #hasFailed = false

  /** Throws what makes a commit impossible from the start. */
  constructor(settings: CommitterSettings) {
    const { plan, region, stateFolder, letters, resumed, fileSystem = nodeFileSystem } = settings
    this.#settings = settings
    this.#snapshots = new SnapshotReader(region)
    this.#writer = new CheckpointWriter(stateFolder, fileSystem)
    this.#outputs = new CommittedOutputs(settings.sinkFiles, settings, fileSystem)
    this.#letters = new CommittedLetters(stateFolder, letters, fileSystem)
    this.#inputs = new CommittedInputs(resumed?.inputs ?? [], plan.source.isEndless, fileSystem)
    this.#previousSegment = resumed?.deadLetters.segment ?? letters.position.segment
  }

  /** Takes hold of an input's file while its path still leads to it. */
  began(input: Parameters<CommittedInputs['began']>[0]): void {
    this.#inputs.began(input)
  }

  released(sourceNumber: number): void {
    this.#inputs.forget(sourceNumber)
    this.#announced.delete(sourceNumber)
    // The next checkpoint says so, even when nothing else has happened.
    this.#committed = ''
  }

  /** Commits now, and from now on whenever there is something to. Throws what the first commit fails with. */
  start(): void {
    this.#commit(false)
    this.#schedule(COMMIT_MILLISECONDS)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Once the lane has ended. Waits for room on the disk as long as `mayWait` says. Throws what a commit fails with. */
  async finish(isComplete: boolean, mayWait: () => boolean): Promise<void> {
    this.stop()
    // Also when nothing has happened since the last one: that one did not know that the run has ended.
    this.#committed = ''
    await this.#commitFinally(isComplete, true, mayWait)
  }

  async #commitFinally(isComplete: boolean, isOver: boolean, mayWait: () => boolean): Promise<void> {
    while (!this.#hasFailed) {
      try {
        this.#commit(isComplete, isOver)
        this.#setWaiting(undefined)
        return
      } catch (failure) {
        if (!canTryAgain(failure) || !mayWait()) throw failure
        this.#setWaiting(failure.message)
        await sleep(RETRY_MILLISECONDS)
      }
    }
  }

  /** The lane has died: what its successor goes on from, committed. Waits and throws as `finish` does. */
  async takeBack(mayWait: () => boolean): Promise<Committed> {
    this.stop()
    await this.#commitFinally(false, false, mayWait)
    if (this.#last === undefined || this.#hasFailed) throw new Error('no commit is possible any more')
    return this.#last
  }

  /** A successor of the lane has begun: it must learn again of the files that were read to their ends. */
  goOn(letters: OpenedLetters): void {
    const { stateFolder, fileSystem = nodeFileSystem } = this.#settings
    this.#letters.close()
    this.#letters = new CommittedLetters(stateFolder, letters, fileSystem)
    this.#announced.clear()
    this.#committed = ''
    // At once: should a file have been replaced meanwhile, the checkpoint speaks of the new one before it is written to.
    this.#commitAndGoOn()
  }

  close(): void {
    this.stop()
    this.#outputs.close()
    this.#letters.close()
    this.#inputs.close()
  }

  #commitAndGoOn(): void {
    const startedAt = performance.now()
    let wait = 0
    try {
      this.#commit(false)
      this.#outputs.tellReplaced()
      this.#setWaiting(undefined)
    } catch (failure) {
      if (!canTryAgain(failure)) {
        this.#hasFailed = true
        this.#settings.onFailure(failure as Error)
        return
      }
      this.#setWaiting(failure.message)
      wait = RETRY_MILLISECONDS
    }
    const took = performance.now() - startedAt
    const isReadable = this.#settings.plan.source.readBy === 'lane'
    const calm = isReadable ? COMMIT_READABLE_MILLISECONDS : COMMIT_MILLISECONDS
    this.#schedule(Math.max(wait, calm, took / COMMIT_SHARE), wait === 0)
  }

  /** `mayHurry`: before that time, too, when a lot has been written. */
  #schedule(milliseconds: number, mayHurry = true): void {
    const dueAt = performance.now() + milliseconds
    const look = (): void => {
      const isUrgent =
        mayHurry && this.#writtenBytes(this.#snapshots.read().values) - this.#committedBytes >= URGENT_BYTES
      if (isUrgent || performance.now() >= dueAt - 1) this.#commitAndGoOn()
      else wait()
    }
    const wait = (): void => {
      this.#timer = setTimeout(look, Math.min(COMMIT_MILLISECONDS, Math.max(1, dueAt - performance.now())))
      this.#timer.unref()
    }
    wait()
  }

  #writtenBytes(values: Float64Array): number {
    return values[LANE.dead_letter_bytes] + this.#outputs.writtenBytes(values)
  }

  #setWaiting(reason: string | undefined): void {
    if (reason === this.#waitsFor) return
    this.#waitsFor = reason
    this.#settings.onWaiting(reason)
  }

  #commit(isComplete: boolean, isOver = false): void {
    const { plan, region, positions, onCommitted } = this.#settings
    const newest = this.#snapshots.read()
    const { epoch } = newest
    const stated = this.#settings.stated()
    const { values, sequence } = stated ?? newest
    const progress = [...PROGRESS.map(name => values[LANE[name]]), ...this.#outputs.files(values)].join(' ')
    if (progress === this.#committed && !isComplete) return
    if (!positions.settle(values[LANE.input_turn], values[LANE.source_offset], values[LANE.source_line])) return
    if (!this.#outputs.takeUp(values)) return
    const inputs = positions.all()
    this.#outputs.sync()
    const deadLetters = this.#letters.sync(values[LANE.dead_letter_bytes])
    this.#settings.syncReplays()
    const { configHash } = plan
    const input = { configHash, isComplete, inputs: inputs.map(position => this.#inputs.describe(position)) }
    const checkpoint: Checkpoint = {
      atMilliseconds: Date.now(),
      ...(this.#inputBefore() ?? input),
      lanes: [{ epoch, snapshotSequence: sequence, counters: counterGroups(plan, region.shape, values) }],
      sinks: this.#outputs.describe(values, isOver),
      deadLetters,
      processors: [...(stated?.states ?? [])]
    }
    this.#writer.write(checkpoint)
    this.#committedBytes = this.#writtenBytes(values)
    this.#last = { checkpoint, values: values.slice() }
    this.#committed = progress
    const neededSegment = Math.min(this.#previousSegment, deadLetters.segment)
    this.#previousSegment = deadLetters.segment
    // Another one, though nothing happens any more: until then old letters cannot be deleted.
    if (neededSegment < deadLetters.segment) this.#committed = ''
    onCommitted({ sequence, finished: this.#newlyFinished(inputs), neededSegment }, values)
  }

  /** What a run of replays only says nothing new of. */
  #inputBefore(): Pick<Checkpoint, 'configHash' | 'isComplete' | 'inputs'> | undefined {
    const { replaysOnly, resumed } = this.#settings
    if (!replaysOnly || resumed === undefined) return undefined
    const { configHash, isComplete, inputs } = resumed
    return { configHash, isComplete, inputs }
  }

  #newlyFinished(inputs: ReturnType<InputPositions['all']>): number[] {
    const finished = inputs.filter(({ isFinished, sourceNumber }) => isFinished && !this.#announced.has(sourceNumber))
    for (const { sourceNumber } of finished) this.#announced.add(sourceNumber)
    return finished.map(({ sourceNumber }) => sourceNumber)
  }
}

function canTryAgain(failure: unknown): failure is CheckpointError {
  return failure instanceof CheckpointError && failure.canTryAgain
}
