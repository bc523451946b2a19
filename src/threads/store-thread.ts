// Main's side of the store's thread: starts it, tells it how the run ends, and starts it again when it dies. Nobody waits
// for it but the end of the process, and that not for long.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'

import { ownModule } from '../base/own-files.ts'
import type { RunStatus } from '../observer/run-status.ts'
import type { RunEnd } from '../store/messages.ts'
import { ENDED_EACH_TIME, RestartLimit } from './restart-limit.ts'
import type { FromStoreThread, StoreData, ToStoreThread } from './store.ts'
import { WORKER_FLAGS } from './worker-flags.ts'

// On a machine that is busy beyond measure a thread takes seconds to load; a run that is over sooner is entered then.
const STOP_MILLISECONDS = 5_000
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 }
const OFF = 'History is not kept: its thread ended again and again. The run goes on without it.'

export interface StoreThreadOptions {
  readonly log: (message: string) => void
  /** What is wrong with it, as a sentence; undefined when all is well again. */
  readonly onTrouble: (trouble: string | undefined) => void
  /** Another thread has begun: clients need a new way to it. */
  readonly onRestart: () => void
}

export class StoreThread {
  readonly #options: StoreThreadOptions
  readonly #restarts = new RestartLimit()
  #data: StoreData
  #worker: Worker | undefined
  #status: RunStatus = {}
  #end: RunEnd | undefined
  #isStopping = false

  constructor(data: StoreData, options: StoreThreadOptions) {
    this.#data = data
    this.#options = options
    this.#start()
  }

  /** One end of a way to the thread; undefined when there is none any more. */
  connect(): MessagePort | undefined {
    if (this.#worker === undefined) return undefined
    const { port1, port2 } = new MessageChannel()
    this.#worker.postMessage({ type: 'client', port: port2 } satisfies ToStoreThread, [port2])
    return port1
  }

  status(status: RunStatus): void {
    this.#status = { ...this.#status, ...status }
    this.#tell({ type: 'status', status })
    if (status.exitCode !== undefined) this.#tell({ type: 'exits', exitCode: status.exitCode })
  }

  ended(ending: string, message: string | undefined): void {
    this.#end = { ending, message, at: Date.now() }
    this.#tell({ type: 'ended', end: this.#end })
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const worker = this.#worker
    if (worker === undefined) return
    const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    this.#tell({ type: 'stop' })
    const timer = setTimeout(() => void worker.terminate(), STOP_MILLISECONDS)
    await exited
    clearTimeout(timer)
  }

  #tell(message: ToStoreThread): void {
    this.#worker?.postMessage(message)
  }

  #start(): void {
    const worker = new Worker(ownModule('threads/store'), {
      ...WORKER_FLAGS,
      workerData: this.#data,
      resourceLimits: RESOURCE_LIMITS
    })
    this.#worker = worker
    worker.on('message', (message: FromStoreThread) => {
      if (message.type === 'log') this.#options.log(message.message)
      else this.#options.onTrouble(message.trouble)
    })
    worker.on('error', error => {
      this.#options.log(`store: ${error instanceof Error ? error.message : String(error)}`)
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      this.#restart()
    })
    this.#tell({ type: 'status', status: this.#status })
    if (this.#end !== undefined) this.#tell({ type: 'ended', end: this.#end })
  }

  #restart(): void {
    if (this.#isStopping) return
    if (!this.#restarts.allows(performance.now())) {
      this.#options.log(`store: ${ENDED_EACH_TIME}`)
      this.#options.onTrouble(OFF)
      return
    }
    this.#options.log('store: ended by itself and is started again')
    // What came meanwhile is not told as if it had come in one second.
    this.#data = { ...this.#data, totals: undefined }
    this.#start()
    this.#options.onRestart()
  }
}
