// Tells the line index of a settled batch: one word for each line, whatever became of it.

import { FORKED_CODE, type LineIndexWriter, OUTCOME } from '../shared-memory/index.ts'
import { type Batch, VOID } from './batch.ts'

const OUTCOME_BITS = 0b1111
/** A forked line's outcome is the first of these that one of its leaves has. */
const BY_WEIGHT = [OUTCOME.dead, OUTCOME.unmatched, OUTCOME.delivered, OUTCOME.dropped, OUTCOME.joined]

export class LineIndexing {
  /** Of lines that were forked: filled anew for each batch that has some. */
  #paths = new Int32Array(512)
  #codes = new Int32Array(512)

  /** `sequence`: number of the journey that the first line will have. */
  add(index: LineIndexWriter, batch: Batch, lines: number, sequence: number): void {
    const { offset, firstLineNumber, oversize, path, outcome } = batch
    const place = { sourceNumber: batch.input.sourceNumber, offset, firstLineNumber, sequence }
    if (oversize !== undefined) {
      if (lines > 0) index.addLong(place, oversize.byteLength, path[0], outcome[0])
    } else if (!batch.hasForks) index.add(place, batch.starts, lines, path, outcome)
    else {
      this.#gather(batch, lines)
      index.add(place, batch.starts, lines, this.#paths, this.#codes)
    }
  }

  #gather(batch: Batch, lines: number): void {
    if (lines > this.#paths.length) {
      this.#paths = new Int32Array(lines * 2)
      this.#codes = new Int32Array(lines * 2)
    }
    for (let line = 0; line < lines; line++) {
      const after = line + 1 < batch.lineCount ? line + 1 : -1
      if (batch.next[line] === after) {
        this.#paths[line] = batch.path[line]
        this.#codes[line] = batch.outcome[line]
      } else this.#gatherFork(batch, line, after)
    }
  }

  /** The first leaf's path, and the outcome of the whole. */
  #gatherFork(batch: Batch, line: number, after: number): void {
    const outcomes = new Set<number>()
    let first = -1
    for (let item = line; item !== after && item !== -1; item = batch.next[item]!) {
      const outcome = batch.outcome[item] & OUTCOME_BITS
      if (outcome === VOID) continue
      if (first === -1) first = item
      outcomes.add(outcome)
    }
    this.#paths[line] = batch.path[first === -1 ? line : first]
    this.#codes[line] = (BY_WEIGHT.find(outcome => outcomes.has(outcome)) ?? 0) | FORKED_CODE
  }
}
