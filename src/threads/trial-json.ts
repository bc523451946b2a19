// What became of a letter in a trial, as JSON.

import { revealValue } from '../base/reveal-value.ts'
import type { Tried } from '../contract/letter-actions.ts'
import { errorOf, type RevealText } from '../state/dead-letter-log/filter.ts'
import { changedValueOf } from '../state/dead-letter-log/letter-json.ts'
import { REFUSALS } from '../state/replay/outcome.ts'
import type { Trial } from './replay-trial.ts'

export function trialJson({ stored, line, refused }: Trial, reveal: RevealText): Tried {
  const { letter, sequence } = stored
  return {
    number: Number.isNaN(sequence) ? null : sequence,
    id: letter.id,
    before: {
      path: [...letter.journey],
      outcome: letter.kind,
      error: errorOf(letter, reveal),
      value: changedValueOf(letter, reveal) ?? null
    },
    refused: refused === undefined ? null : (REFUSALS[refused] ?? refused),
    now: (line?.ways ?? []).map(way => ({
      path: way.hops.map(({ name }) => name),
      outcome: way.outcome,
      reason: way.reason === undefined ? null : reveal(Buffer.from(way.reason)),
      values: way.hops.map(({ value }) => revealValue(value, reveal))
    }))
  }
}
