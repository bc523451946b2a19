// The files of the sinks as the committer holds them, and what becomes of them when somebody renames or deletes one.
//
// A snapshot says of each length which file it is of. Once one speaks of a new file, the old one is made durable for the
// last time, and the next checkpoint names the new one, which the lane does not write to before.

import type { FileSystem } from '../base/file-system.ts'
import { quote } from '../base/quote.ts'
import { systemErrorCode } from '../base/system-error.ts'
import type { Plan } from '../engine/index.ts'
import { NODE, NODE_OFFSET, NODE_STRIDE, type NodeCounter } from '../shared-memory/index.ts'
import type { SinkCheckpoint } from '../state/checkpoint/checkpoint.ts'
import { CommittedSink } from '../state/checkpoint/committed-sink.ts'

export interface OutputEvents {
  readonly plan: Plan
  /** The files of these sinks were renamed or deleted: the lane should go on in new ones. */
  readonly onReplaced: (sinks: readonly number[]) => void
  readonly log: (message: string) => void
}

/** Between two times that the lane is asked. */
const ASK_MILLISECONDS = 500

export class CommittedOutputs {
  readonly #events: OutputEvents
  readonly #fileSystem: FileSystem
  readonly #paths: readonly (string | undefined)[]
  readonly #sinks: (CommittedSink | undefined)[]
  #askedAt = Number.NEGATIVE_INFINITY

  /** Absolute paths by sink; undefined where no file is written that can be cut back. */
  constructor(paths: readonly (string | undefined)[], events: OutputEvents, fileSystem: FileSystem) {
    this.#events = events
    this.#fileSystem = fileSystem
    this.#paths = paths
    // One that was renamed since the lane has opened it is opened again by the lane, before a line is in it.
    this.#sinks = paths.map(path => (path === undefined ? undefined : this.#openIfThere(path)))
  }

  /** Which files a snapshot speaks of. */
  files(values: Float64Array): number[] {
    return this.#sinks.map((_, sink) => this.#counter(values, sink, 'sink_file'))
  }

  /** Holds the files that the snapshot speaks of. False when the path of one leads to yet another. */
  takeUp(values: Float64Array): boolean {
    for (const [sink, file] of this.files(values).entries()) {
      const held = this.#sinks[sink]
      const path = this.#paths[sink]
      if (path === undefined || file === 0 || file === held?.fileNumber) continue
      const opened = this.#open(path)
      if (opened?.fileNumber !== file) {
        // Replaced once more, before a line was in it.
        opened?.close()
        this.#ask([sink])
        return false
      }
      this.#sinks[sink] = opened
      if (held === undefined) continue
      held.sync()
      held.close()
      const name = quote(this.#events.plan.sinks[sink].name)
      this.#events.log(`The output ${name} was renamed or deleted by somebody. It goes on in a new file at ${path}.`)
    }
    return true
  }

  sync(): void {
    for (const sink of this.#sinks) sink?.sync()
  }

  /** For a checkpoint of this snapshot. `isOver`: nobody writes to them any more. */
  describe(values: Float64Array, isOver: boolean): SinkCheckpoint[] {
    return this.#sinks.map((sink, index) => {
      const { name } = this.#events.plan.sinks[index]
      const length = this.#counter(values, index, 'sink_length')
      return { name, ...(sink === undefined ? {} : { file: sink.describe(length, isOver) }) }
    })
  }

  writtenBytes(values: Float64Array): number {
    return this.#sinks.reduce((sum, _, sink) => sum + this.#counter(values, sink, 'bytes_written'), 0)
  }

  tellReplaced(): void {
    const replaced = this.#sinks.flatMap((sink, index) => (sink?.isReplaced() === true ? [index] : []))
    if (replaced.length > 0) this.#ask(replaced)
  }

  close(): void {
    for (const sink of this.#sinks) sink?.close()
  }

  #ask(sinks: readonly number[]): void {
    const now = performance.now()
    if (now - this.#askedAt < ASK_MILLISECONDS) return
    this.#askedAt = now
    this.#events.onReplaced(sinks)
  }

  #openIfThere(path: string): CommittedSink | undefined {
    try {
      return new CommittedSink(path, this.#fileSystem)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** Undefined when there is none, or it cannot be read now. */
  #open(path: string): CommittedSink | undefined {
    try {
      return new CommittedSink(path, this.#fileSystem)
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error
      return undefined
    }
  }

  #counter(values: Float64Array, sink: number, counter: NodeCounter): number {
    return values[NODE_OFFSET + (this.#events.plan.processors.length + sink) * NODE_STRIDE + NODE[counter]]
  }
}
