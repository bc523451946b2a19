// Main's side of the dashboard's thread: starts it, tells it what only main knows, and starts it again when it dies.
// A dead dashboard never harms the run.

import { type MessagePort, Worker } from 'node:worker_threads'

import { ownModule } from '../base/own-files.ts'
import { UserError } from '../base/user-error.ts'
import type { ReplayAnswer, ReplayQuestion } from '../contract/replay.ts'
import type { RunStatus } from '../observer/run-status.ts'
import { recoverObserver } from '../shared-memory/index.ts'
import type { DashboardData, FromDashboard, ToDashboard } from './dashboard.ts'
import type { TapOrder } from './lane-tap.ts'
import { ENDED_EACH_TIME, RestartLimit } from './restart-limit.ts'
import { WORKER_FLAGS } from './worker-flags.ts'

const STOP_MILLISECONDS = 2_000
// With V8's own limits the garbage of this thread grows with the length of the run, by 100 MB and more. It needs 30 MB.
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 512 }

/** Whom questions are passed on to. */
export type Ask = (question: ReplayQuestion) => Promise<ReplayAnswer>
/** Who passes an order on to the lane. */
export type OrderTap = (order: TapOrder, port: MessagePort) => void

const nobody: Ask = async () => ({ status: 503, body: { error: 'starting', message: 'The run is just starting.' } })
const FAULT: ReplayAnswer = {
  status: 500,
  body: { error: 'fault', message: 'Linescope failed to answer. This is a fault of its own.' }
}

export class DashboardThread {
  /** Closing the port asks for the order again, a moment later. */
  onTap: OrderTap = (_order, port) => port.close()
  #worker: Worker | undefined
  readonly #data: DashboardData
  readonly #log: (message: string) => void
  readonly #ask: Ask
  #url = ''
  #port = 0
  #status: RunStatus = {}
  #isStopping = false
  readonly #restarts = new RestartLimit()
  #connectStore: (() => MessagePort | undefined) | undefined

  /** Resolves when it listens. Rejects with a UserError for a taken port, an unknown host and the like. */
  static async start(data: DashboardData, log: (message: string) => void, ask: Ask = nobody): Promise<DashboardThread> {
    const thread = new DashboardThread(data, log, ask)
    await thread.#start(data.port)
    return thread
  }

  private constructor(data: DashboardData, log: (message: string) => void, ask: Ask) {
    this.#data = data
    this.#log = log
    this.#ask = ask
  }

  get url(): string {
    return this.#url
  }

  /** What only main knows; what is not named stays as it was. */
  status(status: RunStatus): void {
    this.#status = { ...this.#status, ...status }
    this.#tell({ type: 'status', status })
  }

  /** A way to the store, for each thread of either side a new one. */
  attachStore(connect = this.#connectStore): void {
    this.#connectStore = connect
    const port = this.#worker && connect?.()
    if (port !== undefined) this.#worker?.postMessage({ type: 'store', port } satisfies ToDashboard, [port])
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

  #tell(message: ToDashboard): void {
    this.#worker?.postMessage(message)
  }

  #start(port: number): Promise<void> {
    const workerData: DashboardData = { ...this.#data, port }
    const worker = new Worker(ownModule('threads/dashboard'), {
      ...WORKER_FLAGS,
      workerData,
      resourceLimits: RESOURCE_LIMITS
    })
    this.#worker = worker
    // It waits there until the thread has loaded: no answer comes without it.
    this.#tell({ type: 'status', status: this.#status })
    this.attachStore()
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromDashboard) => {
        if (message.type === 'listening') {
          this.#url = message.url
          this.#port = message.port
          resolve()
        } else if (message.type === 'failed') {
          reject(message.isUserError ? new UserError(message.message) : new Error(message.message))
        } else if (message.type === 'fault') this.#log(`dashboard: ${message.message}`)
        else if (message.type === 'ask') void this.#answer(worker, message)
        else if (message.type === 'tap') this.onTap(message.order, message.port)
      })
      worker.on('error', error => {
        this.#log(`dashboard: ${error instanceof Error ? error.message : String(error)}`)
        reject(error)
      })
      worker.on('exit', () => {
        if (this.#worker === worker) this.#worker = undefined
        reject(new Error('the dashboard ended before it was up'))
        // What it was reading when it died would else be lost to the lanes and to its successor.
        for (const region of this.#data.regions) recoverObserver(region)
        this.#restart()
      })
    })
  }

  /** To the thread that asked: a successor knows nothing of its questions. */
  async #answer(worker: Worker, { id, question }: Extract<FromDashboard, { type: 'ask' }>): Promise<void> {
    let answer: ReplayAnswer
    try {
      answer = await this.#ask(question)
    } catch (failure) {
      this.#log(`dashboard: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`)
      answer = FAULT
    }
    worker.postMessage({ type: 'answer', id, answer } satisfies ToDashboard)
  }

  /** On the same port as before, so that an open page finds it again. */
  #restart(): void {
    if (this.#isStopping || this.#url === '') return
    if (!this.#restarts.allows(performance.now())) {
      this.#log(`dashboard: ${ENDED_EACH_TIME}`)
      return
    }
    this.#log('dashboard: ended by itself and is started again')
    this.#start(this.#port).catch((failure: unknown) => {
      this.#log(`dashboard: ${failure instanceof Error ? failure.message : String(failure)}`)
    })
  }
}
