// Makes durable what a lane has done: what it wrote first, then the checkpoint that speaks of it.
//
// The snapshot is read before anything is synced, so everything that it tells of was written before the sync. It is this
// order that all promises of a resume stand on.

import { setTimeout as sleep } from 'node:timers/promises'

import { type FileSystem, nodeFileSystem } from '../base/file-system.ts'
import { nodeNames, type Plan } from '../engine/index.ts'
import {
  LANE,
  type LaneCounter,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  type Region,
  SnapshotReader
} from '../shared-memory/index.ts'
import type { Checkpoint, SinkCheckpoint } from '../state/checkpoint/checkpoint.ts'
import { CommittedInputs } from '../state/checkpoint/committed-inputs.ts'
import { CommittedLetters } from '../state/checkpoint/committed-letters.ts'
import { CommittedSink } from '../state/checkpoint/committed-sink.ts'
import { CheckpointError, CheckpointWriter } from '../state/checkpoint/writer.ts'
import { counterGroups } from './checkpoint-counters.ts'
import type { InputPositions } from './input-positions.ts'
import type { LaneCommit, OpenedLetters, StatedSnapshot } from './messages.ts'

/** Between two commits, at least. */
const COMMIT_MILLISECONDS = 50
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
  readonly #sinks: readonly (CommittedSink | undefined)[]
  #letters: CommittedLetters
  readonly #inputs: CommittedInputs
  readonly #announced = new Set<number>()
  #timer: NodeJS.Timeout | undefined
  /** Progress of what was committed last. */
  #committed = ''
  #last: Committed | undefined
  /** Segment of dead letters that the checkpoint before the current one names. */
  #previousSegment: number
  #waitsFor: string | undefined
  #hasFailed = false

  /** Throws what makes a commit impossible from the start. */
  constructor(settings: CommitterSettings) {
    const { plan, region, stateFolder, letters, resumed, fileSystem = nodeFileSystem } = settings
    this.#settings = settings
    this.#snapshots = new SnapshotReader(region)
    this.#writer = new CheckpointWriter(stateFolder, fileSystem)
    this.#sinks = settings.sinkFiles.map(path => (path === undefined ? undefined : new CommittedSink(path, fileSystem)))
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
    while (!this.#hasFailed) {
      try {
        this.#commit(isComplete)
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
    await this.finish(false, mayWait)
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
    this.#schedule(COMMIT_MILLISECONDS)
  }

  close(): void {
    this.stop()
    for (const sink of this.#sinks) sink?.close()
    this.#letters.close()
    this.#inputs.close()
  }

  #commitAndGoOn(): void {
    const startedAt = performance.now()
    let wait = 0
    try {
      this.#commit(false)
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
    this.#schedule(Math.max(wait, COMMIT_MILLISECONDS, took / COMMIT_SHARE))
  }

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#commitAndGoOn(), milliseconds)
    this.#timer.unref()
  }

  #setWaiting(reason: string | undefined): void {
    if (reason === this.#waitsFor) return
    this.#waitsFor = reason
    this.#settings.onWaiting(reason)
  }

  #commit(isComplete: boolean): void {
    const { plan, region, positions, onCommitted } = this.#settings
    const newest = this.#snapshots.read()
    const { epoch } = newest
    const stated = this.#settings.stated()
    const { values, sequence } = stated ?? newest
    const progress = PROGRESS.map(name => values[LANE[name]]).join(' ')
    if (progress === this.#committed && !isComplete) return
    if (!positions.settle(values[LANE.input_turn], values[LANE.source_offset], values[LANE.source_line])) return
    const inputs = positions.all()
    for (const sink of this.#sinks) sink?.sync()
    const deadLetters = this.#letters.sync(values[LANE.dead_letter_bytes])
    this.#settings.syncReplays()
    const { configHash } = plan
    const input = { configHash, isComplete, inputs: inputs.map(position => this.#inputs.describe(position)) }
    const checkpoint: Checkpoint = {
      atMilliseconds: Date.now(),
      ...(this.#inputBefore() ?? input),
      lanes: [{ epoch, snapshotSequence: sequence, counters: counterGroups(plan, region.shape, values) }],
      sinks: this.#describeSinks(values),
      deadLetters,
      processors: [...(stated?.states ?? [])]
    }
    this.#writer.write(checkpoint)
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

  #describeSinks(values: Float64Array): SinkCheckpoint[] {
    const names = nodeNames(this.#settings.plan)
    const first = this.#settings.plan.processors.length
    return this.#sinks.map((sink, index) => {
      const length = values[NODE_OFFSET + (first + index) * NODE_STRIDE + NODE.sink_length]
      return { name: names[first + index], ...(sink === undefined ? {} : { file: sink.describe(length) }) }
    })
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
