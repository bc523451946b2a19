// What of a dead letter is text for people: everything in it passes `reveal`, which masks secrets.

import { basename } from 'node:path'

import type { DeadLetter, LetterValue } from '../../state/dead-letter-log/letter.ts'
import type { createReveal } from '../../threads/reveal.ts'

export type Reveal = ReturnType<typeof createReveal>

/** The value that the step was given, when that was not the text of the line. */
export function changedValueOf({ valueBefore }: DeadLetter, reveal: Reveal): LetterValue | undefined {
  return valueBefore === undefined ? undefined : (revealValue(valueBefore, reveal) as LetterValue)
}

/** `access.log:17` */
export function placeOf({ file, source, lineNumber }: DeadLetter): string {
  return `${file === undefined ? source : basename(file)}:${lineNumber}`
}

/** A number that damage made unknown is `?`. */
export function numberOf(sequence: number): string {
  return Number.isNaN(sequence) ? '?' : String(sequence)
}

/** Local time, to the second. */
export function timeOf(atMilliseconds: number): string {
  const at = new Date(atMilliseconds)
  if (Number.isNaN(at.getTime())) return '?'
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

function revealValue(value: unknown, reveal: Reveal): unknown {
  if (typeof value === 'string') return reveal(value)
  if (Array.isArray(value)) return value.map(item => revealValue(item, reveal))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [reveal(name), revealValue(item, reveal)]))
}
