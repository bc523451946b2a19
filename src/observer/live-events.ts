// What the live stream tells, once a second at most: small, bounded, and made once for all who listen.

import type { StreamErrors, StreamHealth, StreamJourneys, StreamStats, StreamTopic } from '../contract/stream.ts'
import type { RunView } from './run-view.ts'

const SHOWN_NODES = 200
const SHOWN_ERRORS = 10
const SHOWN_JOURNEYS = 5
const SHOWN_CHARACTERS = 500

export type LiveEvent = StreamStats | StreamErrors | StreamJourneys | StreamHealth

export class LiveEvents {
  readonly #observer: RunView
  #seenErrors = 0
  #seenJourneys = 0
  #seenSettled = 0
  #health = ''

  constructor(observer: RunView) {
    this.#observer = observer
    this.forget()
  }

  /** What has happened until now is nobody's news. */
  forget(): void {
    const { errors, journeys, recorded } = this.#observer.taken()
    this.#seenErrors = errors
    this.#seenJourneys = journeys
    this.#seenSettled = recorded
    this.#health = ''
  }

  /** Undefined: there is nothing new. */
  next(topic: StreamTopic): LiveEvent | undefined {
    if (topic === 'stats') return this.stats()
    if (topic === 'errors') return this.#errors()
    return topic === 'journeys' ? this.#journeys() : this.#changedHealth()
  }

  stats(): StreamStats {
    const { at, state, total_lines_processed, total_errors, snapshot_age_seconds, ledger, rates, processors, sinks } =
      this.#observer.stats()
    const nodes = [...processors, ...sinks]
    return {
      at,
      state,
      total_lines_processed,
      total_errors,
      snapshot_age_seconds,
      ledger,
      rates,
      nodes: nodes.slice(0, SHOWN_NODES).map(({ name, received, errors, held, lines_per_second, share_of_time }) => {
        return { name, received, errors, held, lines_per_second, share_of_time }
      }),
      nodes_in_all: nodes.length
    }
  }

  health(): StreamHealth {
    const { status, state, problems, stop_reason, exit_code } = this.#observer.health()
    return { status, state, problems, stop_reason, exit_code }
  }

  #changedHealth(): StreamHealth | undefined {
    const health = this.health()
    // A sentence that counts seconds is no news each second.
    const { status, state, problems } = health
    const text = JSON.stringify([status, state, problems.map(problem => problem.replace(/\d+/g, '#'))])
    if (text === this.#health) return undefined
    this.#health = text
    return health
  }

  #errors(): StreamErrors | undefined {
    const { errors } = this.#observer.taken()
    const of = errors - this.#seenErrors
    if (of <= 0) return undefined
    this.#seenErrors = errors
    const shown = this.#observer.errors(Math.min(of, SHOWN_ERRORS)).errors.map(error => {
      const { processor, name, message, line, file, line_number, trace_id, at, attempt, is_final } = error
      const texts = { message: shortened(message), line: shortened(line) }
      return { processor, name: shortened(name), ...texts, file, line_number, trace_id, at, attempt, is_final }
    })
    return { shown: shown.length, of, errors: shown }
  }

  #journeys(): StreamJourneys | undefined {
    const { journeys, recorded } = this.#observer.taken()
    const taken = journeys - this.#seenJourneys
    const of = Math.max(taken, recorded - this.#seenSettled)
    if (taken <= 0) return undefined
    this.#seenJourneys = journeys
    this.#seenSettled = recorded
    const shown = this.#observer.traces(Math.min(taken, SHOWN_JOURNEYS)).traces.map(trace => {
      const { id, line, file, line_number, route, outcome, reason, had_errors, settled_at } = trace
      const texts = { line: shortened(line), route: shortened(route) }
      return { id, ...texts, file, line_number, outcome, reason, had_errors, settled_at }
    })
    return { shown: shown.length, of, journeys: shown }
  }
}

function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`
}
