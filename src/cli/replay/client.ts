// Asks the run that has the state folder, through its API.

import { UserError } from '../../base/user-error.ts'
import type { Replay } from '../../contract/replay.ts'

export class ReplayClient {
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  async show(replay: number): Promise<Replay> {
    return await this.#ask<Replay>('GET', `/${replay}`, undefined)
  }

  /** Throws a UserError with what the run says against it. */
  async post<Body>(path: string, body: object): Promise<Body> {
    return await this.#ask<Body>('POST', path, body)
  }

  async #ask<Body>(method: string, path: string, body: object | undefined): Promise<Body> {
    let response: Response
    let answer: unknown
    try {
      response = await fetch(`${this.#url}/api/v1/replay${path}`, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      answer = await response.json()
    } catch (cause) {
      throw new UserError(`the run at ${this.#url} does not answer`, { hint: 'Has it just ended? Try again.', cause })
    }
    if (response.ok) return answer as Body
    const { message } = answer as { message?: string }
    throw new UserError(message ?? `the run at ${this.#url} answered with ${response.status}`)
  }
}
