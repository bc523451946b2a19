// What of a dead letter is text for people: everything in it passes `reveal`, which masks secrets.

import { basename } from 'node:path'

import type { DeadLetter } from '../../state/dead-letter-log/letter.ts'
import type { createReveal } from '../../threads/reveal.ts'

export type Reveal = ReturnType<typeof createReveal>

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
