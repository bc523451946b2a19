// Errors: a ring of pages of records of variable length. Newest are shed when no page is free; the reader frees all.
//
//   record (a multiple of 8 bytes):
//   0        1      2         3       4               5           6           7               8
//   +--------+------+---------+-------+---------------+-----------+-----------+---------------+-----------
//   | words  | node | attempt | flags | source number | name size | message … | stack size    | line size
//   +--------+------+---------+-------+---------------+-----------+-----------+---------------+-----------
//   9            10        12             14
//   +------------+---------+--------------+---------+-------------------------------------------------+
//   | line's full| offset  | line number  | at      | name, message, stack, line: bytes, then padding |
//   | size       |   ×2    |     ×2       |  ×2     |                                                 |
//   +------------+---------+--------------+---------+-------------------------------------------------+
//
// Words 16 to 21 are a mark when the line is one of a replay (replay-mark.ts); then come the path, how many errors of
// this kind the record stands for, and the size of the error's code; the bytes follow, those of the code last.
// `×2` is a double in two words. The lane owns a page while it writes it, the observer while it copies it.

import { alignWords } from '../cells.ts'
import { pagesWords } from '../pages/layout.ts'
import type { RegionLimits } from '../region.ts'
import { REPLAY_WORDS } from '../replay-mark.ts'

export const NAME_BYTES = 256
export const CODE_BYTES = 64
export const MESSAGE_BYTES = 4_096
export const STACK_BYTES = 8_192
export const LINE_BYTES = 4_096

export const RECORD = {
  words: 0,
  node: 1,
  attempt: 2,
  flags: 3,
  sourceNumber: 4,
  nameBytes: 5,
  messageBytes: 6,
  stackBytes: 7,
  lineBytes: 8,
  lineFullBytes: 9,
  offset: 10,
  lineNumber: 12,
  at: 14,
  replay: 16,
  path: 16 + REPLAY_WORDS,
  count: 17 + REPLAY_WORDS,
  codeBytes: 18 + REPLAY_WORDS
} as const
export const RECORD_HEADER_WORDS = 26

export const IS_FINAL = 1
export const MESSAGE_CUT = 2
export const STACK_CUT = 4
export const LINE_CUT = 8

export const MAX_RECORD_BYTES: number =
  RECORD_HEADER_WORDS * 4 + NAME_BYTES + MESSAGE_BYTES + STACK_BYTES + LINE_BYTES + CODE_BYTES + 8

export function pageWord(page: number, limits: RegionLimits): number {
  return pagesWords(limits.errorPages) + page * alignWords(limits.errorPageBytes / 4)
}

export function errorsWords(limits: RegionLimits): number {
  return pageWord(limits.errorPages, limits)
}
