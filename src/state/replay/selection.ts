// The letters of a job, chosen once and kept in the order of the log: so that a job does what was shown before it, each
// letter once, however often it is cut off.
//
//   segment \t byte \t checksum \t preset outcome \t number in the log \t configuration \t id \n
//
// A text, since it is also the record of what was replayed: line n is r<job>.n, and byte n of the outcomes says what
// became of it.

import type { LetterPlace } from '../dead-letter-log/discards-writer.ts'
import { outcomeCode, type ReplayOutcome } from './outcome.ts'

export interface SelectedLetter extends LetterPlace {
  /** In the whole log; NaN where damage makes it unknown. */
  readonly sequence: number
  /** That it failed under. */
  readonly configHash: string
  readonly id: string
  /** Decided when it was chosen; `pending` for all that go in. */
  readonly preset: ReplayOutcome
}

export function selectionLine({ start, checksum, preset, sequence, configHash, id }: SelectedLetter): string {
  const fields = [start.segment, start.length, checksum, outcomeCode(preset), sequence, configHash, id]
  return `${fields.join('\t')}\n`
}

const FIELDS = 7

/** Held as numbers and one text: a million letters take 60 MB. */
export class Selection {
  readonly count: number
  readonly #lines: string[]

  constructor(text: string) {
    this.#lines = text.split('\n')
    this.#lines.pop()
    this.count = this.#lines.length
  }

  /** `index` from 0. Throws for a line that no Linescope writes. */
  at(
    index: number
  ): { readonly place: LetterPlace; readonly preset: number } & Pick<SelectedLetter, 'sequence' | 'configHash' | 'id'> {
    const fields = this.#lines[index].split('\t')
    if (fields.length !== FIELDS) throw new Error(`line ${index + 1} of the letters of a replay is damaged`)
    const [segment, length, checksum, preset, sequence] = fields.map(Number)
    return {
      place: { start: { segment, length }, checksum },
      preset,
      sequence,
      configHash: fields[5],
      id: fields[6]
    }
  }
}
