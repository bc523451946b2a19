// Masks what the patterns of a pipeline file match. The patterns can run in linear time, but a search that begins anew at
// each character cannot; so they see a long text in pieces, and once they have taken too much time, text is hidden
// unsearched rather than shown.

import v8 from 'node:v8'

import { MASK, type Redaction } from '../../base/redaction.ts'

const PIECE_CHARACTERS = 2_048
/** A match may be this long and still lie in two pieces. */
const OVERLAP_CHARACTERS = 256
const BUDGET_MILLISECONDS = 250
const PERIOD_MILLISECONDS = 1_000
/** The end of a cut text may be the beginning of a match. */
const CUT_WORD = /[^\s"',;&=]{1,256}$/

const HIDDEN = '[hidden: the patterns of "redaction" take too long on this text]'

export class OwnPatterns {
  readonly #patterns: readonly RegExp[]
  #periodStart = Number.NEGATIVE_INFINITY
  #usedMilliseconds = 0

  constructor(patterns: Redaction['patterns']) {
    // A pattern that goes back too often is run again by the engine that needs linear time.
    v8.setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')
    this.#patterns = patterns.map(({ source, flags }) => new RegExp(source, `${flags}g`))
  }

  mask(text: string, isCut: boolean): string {
    const begin = performance.now()
    if (begin - this.#periodStart > PERIOD_MILLISECONDS) {
      this.#periodStart = begin
      this.#usedMilliseconds = 0
    }
    const spans: [start: number, end: number][] = []
    for (let from = 0; from < text.length; from += PIECE_CHARACTERS) {
      const usedMilliseconds = performance.now() - begin
      if (this.#usedMilliseconds + usedMilliseconds > BUDGET_MILLISECONDS) {
        this.#usedMilliseconds += usedMilliseconds
        return HIDDEN
      }
      const piece = text.slice(from, from + PIECE_CHARACTERS + OVERLAP_CHARACTERS)
      for (const pattern of this.#patterns) {
        for (const match of piece.matchAll(pattern)) {
          if (match[0] !== '') spans.push([from + match.index, from + match.index + match[0].length])
        }
      }
    }
    this.#usedMilliseconds += performance.now() - begin
    const shown = withoutSpans(text, spans)
    return isCut ? shown.slice(0, -512) + shown.slice(-512).replace(CUT_WORD, MASK) : shown
  }
}

function withoutSpans(text: string, spans: [number, number][]): string {
  if (spans.length === 0) return text
  spans.sort((a, b) => a[0] - b[0])
  let result = ''
  let shownTo = 0
  for (const [start, end] of spans) {
    if (end <= shownTo) continue
    // One that begins inside what is hidden already makes that longer.
    if (start > shownTo || shownTo === 0) result += text.slice(shownTo, start) + MASK
    shownTo = end
  }
  return result + text.slice(shownTo)
}
