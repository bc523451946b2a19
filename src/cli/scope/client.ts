// Asks a run through its API.

import { quote } from '../../base/quote.ts'
import { UserError } from '../../base/user-error.ts'
import { Unreachable } from './unreachable.ts'

const PATIENCE_MILLISECONDS = 10_000
const TOKEN_HINT = 'Give it with --token-file FILE, or set LINESCOPE_TOKEN.'

export interface Answer<Body> {
  /** As it came. */
  readonly text: string
  readonly body: Body
}

export class RunClient {
  /** Without a slash at its end. */
  readonly url: string
  readonly #token: string | undefined

  constructor(url: string, token: string | undefined) {
    this.url = url.replace(/\/+$/, '')
    this.#token = token
  }

  /**
   * The answer at a path; it must have the member `named`. Throws `Unreachable` when nobody answers, or not a run, and a
   * UserError when the answer is refused. Undefined when there is no such thing.
   */
  async find<Body extends object>(path: string, named: keyof Body & string): Promise<Answer<Body> | undefined> {
    const { status, text } = await this.#fetch(path)
    const body = this.#parse(text, status)
    if (status === 404) return undefined
    if (status === 401 || status === 403) throw this.#refused(body, status)
    if (status === 400) throw new UserError(messageOf(body))
    if (status !== 200 || !(named in body)) throw this.#strange(body, status)
    return { text, body: body as Body }
  }

  async get<Body extends object>(path: string, named: keyof Body & string): Promise<Answer<Body>> {
    const answer = await this.find<Body>(path, named)
    if (answer !== undefined) return answer
    throw new Unreachable(`the run at ${this.url} knows nothing of ${path}`, {
      hint: 'It may be of an older Linescope. Restart it with this one.'
    })
  }

  /** Server-sent events until the run ends them. Throws as `find` does; a UserError also when there is no such thing. */
  async *events(path: string): AsyncGenerator<{ readonly event: string; readonly data: string }> {
    const response = await this.#send(path, undefined)
    if (response.status !== 200 || response.body === null) {
      const body = this.#parse(await response.text(), response.status)
      if (response.status === 401 || response.status === 403) throw this.#refused(body, response.status)
      throw new UserError(messageOf(body) || `the run at ${this.url} answered with ${response.status}`)
    }
    let text = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const each of events) {
        const [, event, data] = /^event: ([^\n]*)\ndata: (.*)$/s.exec(each) ?? []
        if (event !== undefined && data !== undefined) yield { event, data }
      }
    }
  }

  async isThere(): Promise<boolean> {
    try {
      await this.#fetch('/livez')
      return true
    } catch {
      return false
    }
  }

  async #fetch(path: string): Promise<{ status: number; text: string }> {
    const response = await this.#send(path, AbortSignal.timeout(PATIENCE_MILLISECONDS))
    try {
      return { status: response.status, text: await response.text() }
    } catch (cause) {
      throw this.#unreachable(cause)
    }
  }

  async #send(path: string, signal: AbortSignal | undefined): Promise<Response> {
    try {
      return await fetch(this.url + path, {
        headers: this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` },
        redirect: 'error',
        ...(signal === undefined ? {} : { signal })
      })
    } catch (cause) {
      throw this.#unreachable(cause)
    }
  }

  #unreachable(cause: unknown): Unreachable {
    return new Unreachable(`no run answers at ${this.url}: ${reasonOf(cause)}`, {
      hint: 'Has it just ended? Is the address right?',
      cause
    })
  }

  #parse(text: string, status: number): object {
    try {
      const body: unknown = JSON.parse(text)
      if (typeof body === 'object' && body !== null) return body
    } catch {
      // Said below.
    }
    throw this.#strange({}, status)
  }

  #refused(body: object, status: number): UserError {
    return new UserError(`the run at ${this.url} refuses to answer (${status}): ${messageOf(body)}`, {
      hint: TOKEN_HINT
    })
  }

  #strange(body: object, status: number): Unreachable {
    const message = messageOf(body)
    if (message !== '') return new Unreachable(`the run at ${this.url} answered with ${status}: ${message}`)
    return new Unreachable(`what answers at ${this.url} is no run of Linescope (status ${status})`, {
      hint: 'Its address is what "linescope run" prints as Dashboard.'
    })
  }
}

/** Takes the address as `run` prints it, with the token behind `#token=`. */
export function clientFor(url: string, token: string | undefined): RunClient {
  let parsed: URL | undefined
  try {
    parsed = new URL(/^[a-z]+:\/\//i.test(url) ? url : `http://${url}`)
  } catch {
    // Said below.
  }
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new UserError(`--url ${quote(url)}: this is no address of a dashboard`, {
      hint: 'Like http://localhost:8000.'
    })
  }
  const inFragment = new URLSearchParams(parsed.hash.slice(1)).get('token') ?? undefined
  return new RunClient(parsed.origin + parsed.pathname, token ?? inFragment)
}

function messageOf(body: object): string {
  const { message } = body as { message?: unknown }
  return typeof message === 'string' ? message : ''
}

function reasonOf(failure: unknown): string {
  if (failure instanceof Error && failure.name === 'TimeoutError') {
    return `it took longer than ${PATIENCE_MILLISECONDS / 1000} s`
  }
  const { cause } = failure as { cause?: { code?: string; message?: string } }
  if (cause?.code === 'ECONNREFUSED') return 'nobody listens there'
  return cause?.message ?? (failure instanceof Error ? failure.message : String(failure))
}
