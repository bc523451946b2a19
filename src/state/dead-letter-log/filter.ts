// Which letters are meant: by number or id, processor, tag, kind, error, text and time. Everything searched in is what a
// person would be shown: `reveal` masks secrets first, so that nobody finds one out by searching for it.

import { type DeadLetter, originalTextBytes, valueBefore } from './letter.ts'
import type { StoredLetter } from './reader.ts'

/** Finds a text, or what a regular expression matches; undefined when there is none. */
export interface Pattern {
  (text: string): { readonly start: number; readonly length: number } | undefined
  /** As it was written: parsed again, it finds the same. */
  readonly written: string
}

export interface LetterFilter {
  /** Numbers in the log, or ids. Empty lists and what is not given let everything through. */
  readonly id: readonly string[]
  readonly processor: readonly string[]
  readonly tag: readonly string[]
  readonly kind?: DeadLetter['kind']
  readonly error?: Pattern
  readonly text?: Pattern
  /** Since 1970; from this moment on. */
  readonly since?: number
  /** Since 1970; before this moment. */
  readonly until?: number
}

/** `isCut`: only the beginning of the text is there. Bytes are the content of lines, text is what is told about them. */
export type RevealText = (content: Uint8Array | string, isCut?: boolean) => string

export function matches({ letter, sequence }: StoredLetter, wanted: LetterFilter, reveal: RevealText): boolean {
  const { id, processor, tag, kind, error, text, since = -Infinity, until = Infinity } = wanted
  if (id.length > 0 && !id.includes(letter.id) && !id.includes(String(sequence))) return false
  if (processor.length > 0 && !processor.includes(letter.processor)) return false
  if (tag.length > 0 && !tag.includes(letter.tag)) return false
  if (kind !== undefined && kind !== letter.kind) return false
  if (letter.atMilliseconds < since || letter.atMilliseconds >= until) return false
  if (error !== undefined && error(errorOf(letter, reveal)) === undefined) return false
  return (
    text === undefined || text(lineOf(letter, reveal)) !== undefined || text(valueText(letter, reveal)) !== undefined
  )
}

export function isCut({ original }: DeadLetter): boolean {
  return original.sha256 !== undefined
}

/** A tag that nothing is named after may be anything. */
export function tagOf({ kind, tag }: DeadLetter, reveal: RevealText): string {
  return reveal(kind === 'unmatched' ? Buffer.from(tag) : tag)
}

/** The original line without its line end. */
export function lineOf(letter: DeadLetter, reveal: RevealText): string {
  return reveal(originalTextBytes(letter), isCut(letter))
}

/** `TypeError: no code`; for a line that nothing is named after, its tag. */
export function errorOf(letter: DeadLetter, reveal: RevealText): string {
  const { kind, error } = letter
  if (error === undefined)
    return kind === 'unmatched' ? `nothing is named ${JSON.stringify(tagOf(letter, reveal))}` : ''
  return `${reveal(error.name)}: ${reveal(Buffer.from(error.message))}`
}

/** The value before the step as a text to search in. */
export function valueText(letter: DeadLetter, reveal: RevealText): string {
  const value = valueBefore(letter)
  return reveal(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))
}

/** Plain text, or a regular expression between slashes. Throws a SyntaxError for one that is none. */
export function parsePattern(written: string): Pattern {
  const [, source, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(written) ?? []
  if (source === undefined) {
    const find = (searched: string) => {
      const start = searched.indexOf(written)
      return start === -1 ? undefined : { start, length: written.length }
    }
    return Object.assign(find, { written })
  }
  // These two would make it remember where the last search ended.
  const expression = new RegExp(source, flags.replace(/[gy]/g, ''))
  const find = (searched: string) => {
    const match = expression.exec(searched)
    return match === null ? undefined : { start: match.index, length: match[0].length }
  }
  return Object.assign(find, { written })
}
