// Questions of the dashboard's thread to main, each answered or given up after a while.

import type { ReplayAnswer, ReplayQuestion } from '../contract/replay.ts'

/** Choosing letters in a log of 1 GiB takes some seconds. */
const PATIENCE_MILLISECONDS = 60_000

const TOO_LATE: ReplayAnswer = {
  status: 504,
  body: {
    error: 'no_answer',
    message: 'The run did not answer in time. Look at what became of it before you try again.'
  }
}

export class Questions {
  readonly #send: (id: number, question: ReplayQuestion) => void
  readonly #waiting = new Map<number, (answer: ReplayAnswer) => void>()
  #last = 0

  constructor(send: (id: number, question: ReplayQuestion) => void) {
    this.#send = send
  }

  ask(question: ReplayQuestion): Promise<ReplayAnswer> {
    const id = ++this.#last
    return new Promise(resolve => {
      const timer = setTimeout(() => this.answered(id, TOO_LATE), PATIENCE_MILLISECONDS)
      this.#waiting.set(id, answer => {
        clearTimeout(timer)
        resolve(answer)
      })
      this.#send(id, question)
    })
  }

  answered(id: number, answer: ReplayAnswer): void {
    this.#waiting.get(id)?.(answer)
    this.#waiting.delete(id)
  }
}
