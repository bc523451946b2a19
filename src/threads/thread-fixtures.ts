// Waiting for what threads do, and ending a thread of this process from outside, as a fault in its own code would:
// through the inspector, so that the code under test needs no door for it.

import { Session } from 'node:inspector'
import type { TestContext } from 'node:test'

interface AttachedWorker {
  readonly sessionId: string
  readonly workerInfo: { readonly url: string }
}

/** Runs JavaScript in threads, found by the name of their file. */
export class ThreadIntruder {
  readonly #session = new Session()
  readonly #workers: AttachedWorker[] = []
  #message = 0

  constructor(t: TestContext) {
    this.#session.connect()
    this.#session.on('NodeWorker.attachedToWorker', ({ params }) => this.#workers.push(params))
    this.#session.on('NodeWorker.detachedFromWorker', ({ params }) => {
      const index = this.#workers.findIndex(worker => worker.sessionId === params.sessionId)
      if (index >= 0) this.#workers.splice(index, 1)
    })
    this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
    t.after(() => this.#session.disconnect())
  }

  /** Waits for the thread when it is not there yet. */
  async run(file: string, code: string): Promise<void> {
    const { sessionId } = await until(`a thread of ${file}`, () =>
      this.#workers.find(({ workerInfo }) => workerInfo.url.endsWith(file))
    )
    const message = { id: ++this.#message, method: 'Runtime.evaluate', params: { expression: code } }
    this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify(message) })
  }
}

/** Only a hang takes so long. */
const PATIENCE_MILLISECONDS = 30_000

/** Asks again and again until there is an answer other than undefined. */
export async function until<Value>(
  what: string,
  ask: () => Value | undefined | Promise<Value | undefined>
): Promise<Value> {
  const giveUpAt = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
