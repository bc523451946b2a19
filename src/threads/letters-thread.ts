// Asks a thread of its own about dead letters, and ends it when its time is up or nobody listens any more.

import { Worker } from 'node:worker_threads'

import { ownModule } from '../base/own-files.ts'
import type { LettersAnswer, LettersQuestion } from '../contract/letter-actions.ts'
import type { FromLetters, LettersTask } from './letters.ts'
import { WORKER_FLAGS } from './worker-flags.ts'

/** Reading a log of 1 GiB takes some seconds. */
const PATIENCE_MILLISECONDS = 60_000
/** Each may take a core. */
const MOST_AT_ONCE = 2
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512 }

const BUSY: LettersAnswer = {
  status: 503,
  body: { error: 'busy', message: `${MOST_AT_ONCE} such questions are being answered. Try again in a moment.` }
}
const TOO_LATE: LettersAnswer = {
  status: 504,
  body: {
    error: 'no_answer',
    message: `It took longer than ${PATIENCE_MILLISECONDS / 1000} s and was ended. Does a processor hang?`
  }
}

export class LettersThreads {
  readonly #task: Omit<LettersTask, 'question'>
  #running = 0

  constructor(task: Omit<LettersTask, 'question'>) {
    this.#task = task
  }

  async ask(question: LettersQuestion): Promise<LettersAnswer> {
    if (this.#running >= MOST_AT_ONCE) return BUSY
    this.#running++
    const worker = new Worker(ownModule('threads/letters'), {
      ...WORKER_FLAGS,
      workerData: { ...this.#task, question } satisfies LettersTask,
      resourceLimits: RESOURCE_LIMITS
    })
    worker.once('exit', () => this.#running--)
    const messages = new Messages(worker)
    const first = await messages.next()
    if (first.type === 'answer') return first
    return { status: 200, body: chunksOf(worker, messages, first) }
  }
}

/** One after the other, as they are asked for; the last is an answer in any case. */
class Messages {
  readonly #came: FromLetters[] = []
  #wake: (() => void) | undefined
  #patience: NodeJS.Timeout | undefined

  constructor(worker: Worker) {
    const told = (message: FromLetters): void => {
      this.#came.push(message)
      this.#wake?.()
    }
    const patience = setTimeout(() => {
      told({ type: 'answer', status: TOO_LATE.status, body: TOO_LATE.body })
      void worker.terminate()
    }, PATIENCE_MILLISECONDS)
    this.#patience = patience
    const failed = (message: string): void => told({ type: 'answer', status: 500, body: { error: 'failed', message } })
    worker.on('message', (message: FromLetters) => {
      if (message.type === 'chunk') patience.refresh()
      told(message)
    })
    worker.on('error', error => failed(error instanceof Error ? error.message : String(error)))
    worker.on('exit', code => {
      clearTimeout(this.#patience)
      failed(`A processor ended its thread with process.exit(${code}).`)
    })
  }

  async next(): Promise<FromLetters> {
    while (this.#came.length === 0) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    return this.#came.shift()!
  }
}

async function* chunksOf(worker: Worker, messages: Messages, first: FromLetters): AsyncGenerator<Uint8Array> {
  try {
    let message = first
    for (; message.type === 'chunk'; message = await messages.next()) {
      yield message.bytes
      worker.postMessage('more')
    }
    // Half of an export must not look like a whole one: the connection is broken off.
    if (message.status !== 200) throw new Error('The export was cut off.')
  } finally {
    // Also when the client is gone.
    void worker.terminate()
  }
}
