// How other threads speak to the store: questions with a deadline, and what is to be kept, of which only so much may be
// under way at a time. Nobody ever waits for the store: what is too late or too much is left out and counted.

import type { MessagePort } from 'node:worker_threads'

import type { KeptJourney } from '../contract/journey.ts'
import type { Answer, AskStore, FromStore, KeptErrorGroup, Query, QuestionName, ToStore } from './messages.ts'

const DEADLINE_MILLISECONDS = 2_000
const QUESTIONS_UNDER_WAY = 64
const MESSAGES_UNDER_WAY = 64
const BYTES_UNDER_WAY = 8 * 1024 * 1024

type AnyAnswer = Answer<QuestionName> | undefined

export class StoreClient {
  #port: MessagePort | undefined
  #last = 0
  readonly #questions = new Map<number, (answer: AnyAnswer) => void>()
  /** Bytes of what was sent and not taken yet. */
  readonly #underWay = new Map<number, number>()
  #bytesUnderWay = 0
  readonly #dropped = { journeys: 0, errorGroups: 0 }

  /** What found no way to the store, since the start. */
  get dropped(): { readonly journeys: number; readonly errorGroups: number } {
    return { ...this.#dropped }
  }

  /** The store's thread has begun, or begun again: what its predecessor was asked is not answered any more. */
  attach(port: MessagePort): void {
    this.#port?.close()
    this.#port = port
    for (const settle of [...this.#questions.values()]) settle(undefined)
    this.#underWay.clear()
    this.#bytesUnderWay = 0
    port.on('message', (message: FromStore) => this.#received(message))
    port.unref()
  }

  /** Undefined when there is no answer in time. */
  readonly ask: AskStore = <Name extends QuestionName>(name: Name, query: Query<Name>) => {
    const port = this.#port
    if (port === undefined || this.#questions.size >= QUESTIONS_UNDER_WAY) return Promise.resolve(undefined)
    const id = ++this.#last
    return new Promise<Answer<Name> | undefined>(resolve => {
      const settle = (given: AnyAnswer): void => {
        clearTimeout(timer)
        this.#questions.delete(id)
        resolve(given)
      }
      const timer = setTimeout(() => settle(undefined), DEADLINE_MILLISECONDS)
      this.#questions.set(id, settle)
      port.postMessage({ type: 'ask', id, name, query } satisfies ToStore)
    })
  }

  /** Journeys that are worth keeping; their text has passed `reveal`. */
  keep(journeys: readonly KeptJourney[]): void {
    if (journeys.length === 0) return
    const bytes = journeys.reduce((sum, journey) => sum + sizeOf(journey), 0)
    const isSent = this.#send(bytes, id => ({ type: 'journeys', id, journeys }))
    if (!isSent) this.#dropped.journeys += journeys.length
  }

  /** Groups that have changed. False when they found no way: the caller may send them again. */
  putErrorGroups(groups: readonly KeptErrorGroup[]): boolean {
    if (groups.length === 0) return true
    const bytes = groups.reduce((sum, { group }) => sum + 500 + group.line.length + group.message.length, 0)
    const isSent = this.#send(bytes, id => ({ type: 'errors', id, groups }))
    if (!isSent) this.#dropped.errorGroups += groups.length
    return isSent
  }

  #send(bytes: number, messageOf: (id: number) => ToStore): boolean {
    if (this.#port === undefined || this.#underWay.size >= MESSAGES_UNDER_WAY) return false
    if (this.#underWay.size > 0 && this.#bytesUnderWay + bytes > BYTES_UNDER_WAY) return false
    const id = ++this.#last
    this.#underWay.set(id, bytes)
    this.#bytesUnderWay += bytes
    this.#port.postMessage(messageOf(id))
    return true
  }

  #received(message: FromStore): void {
    if (message.type === 'answer') this.#questions.get(message.id)?.(message.answer)
    else {
      this.#bytesUnderWay -= this.#underWay.get(message.id) ?? 0
      this.#underWay.delete(message.id)
    }
  }
}

/** About. */
function sizeOf({ trace }: KeptJourney): number {
  const values = trace.hops.reduce((sum, hop) => sum + 200 + (hop.value?.length ?? 0), 0)
  return 500 + trace.line.length + values
}
