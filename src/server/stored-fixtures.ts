// What a store might answer, with everything that may be in it.

import type { Answer, AskStore, Query, QuestionName } from '../store/messages.ts'

const MOMENT = '2026-11-24T09:41:07.000Z'
const LEDGER = {
  entered: 3,
  replayed: 0,
  forked: 0,
  delivered: 2,
  dropped: 0,
  dead: 1,
  unmatched: 0,
  joined: 0,
  in_flight: 0,
  unaccounted: 0
}
const RATES = {
  entered_per_second: 3,
  settled_per_second: 3,
  errors_per_second: 1,
  dead_per_second: 0.5,
  bytes_per_second: 90
}
const NODE = { received_per_second: 3, emitted_per_second: 2, errors_per_second: 1, busy: 0.3, p50: 0.1, p95: 0.2 }
const RUN = { run: 1, started_at: MOMENT, pipeline: 'p', version: '1.2.3', config_hash: '00ff', tracing: true }
const LETTER = {
  id: '0:30',
  kind: 'dead' as const,
  processor: 'general',
  tag: 'general',
  error: 'Error',
  message: 'no',
  attempts: 1,
  line: 'a line',
  line_bytes: 7,
  line_is_cut: false,
  file: 'in.log',
  line_number: 1,
  at: MOMENT,
  replay_of: null
}

const ANSWERS: Partial<{ [Name in QuestionName]: Answer<Name> }> = {
  history: {
    step_seconds: 1,
    node: 'general',
    points: [
      { at: MOMENT, seconds: 1, run: 1, ...RATES, node: { ...NODE, p99: null } },
      { at: MOMENT, seconds: 0.5, run: 2, ...RATES, node: null }
    ]
  },
  runs: {
    runs: [
      { ...RUN, ended_at: null, ending: 'running', message: null, exit_code: null, ledger: null },
      { ...RUN, ended_at: MOMENT, ending: 'failed', message: 'no', exit_code: 1, ledger: LEDGER }
    ]
  },
  deadLetters: {
    dead_letters: [
      { number: 7, ...LETTER, code: 'hung' },
      { number: null, ...LETTER, code: null }
    ],
    before: '6',
    known: 8,
    discarded: 1,
    is_complete: true
  }
}

export interface Asked {
  readonly name: QuestionName
  readonly query: unknown
}

/** Notes what it is asked. */
export function recordedStore(asked: Asked[] = []): AskStore {
  return async <Name extends QuestionName>(name: Name, query: Query<Name>) => {
    asked.push({ name, query })
    return ANSWERS[name]
  }
}
