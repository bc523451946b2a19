// A ring of pages, each owned by one thread at a time. Journeys and errors are records in such pages.
//
//   +-----------+-------------+-------------+---------------+------------------+------------------+
//   | SEALED    | writer's    | reader's    | supervisor's  | header of page 0 | header of page 1 | …
//   |           | counts      | counts      | list of deaths|                  |                  |
//   +-----------+-------------+-------------+---------------+------------------+------------------+
//                 latch          latch         latch          STATE SERIAL COUNT …   (bodies lie elsewhere)
//
//   FREE ──writer──▶ WRITING ──writer──▶ FULL ──reader──▶ READING ──reader──▶ FREE or FULL
//                       ▲─────writer───────┘ (oldest page, its records are overwritten)
//
// - Who wins a compare-and-swap of STATE owns the page; its body and the rest of its header are touched by the owner
//   only (SERIAL and COUNT are also looked at as hints, by atomics). Handing over is the store of the next STATE.
//   So plain access to a body never races, on any processor.
// - Nobody waits. The reader takes only pages whose serial is at most SEALED, which is stored after FULL: it gets the
//   pages in order of serial, over all its polls.
// - A page that is FREE has COUNT 0. Law: written = freed + held + overwritten + dropped.
// - A dead writer leaves at most one page WRITING, a dead reader at most one READING. `recovery.ts` hands them on
//   after the thread's exit; the last serial in each latch says whether the page was already counted. Records that
//   were not sealed die with their writer, uncounted.

import { alignWords } from '../cells.ts'
import { latchWords } from '../latch/layout.ts'

export const FREE = 0
export const WRITING = 1
export const FULL = 2
export const READING = 3

export const SEALED = 0

/** Numbers in the writer's latch. Serials are signed 32-bit and wrap. */
export const WRITER = { written: 0, overwritten: 1, dropped: 2, lastSealed: 3, lastOverwritten: 4 } as const
export const WRITER_NUMBERS = 5
/** Numbers in the reader's latch. */
export const READER = { freed: 0, lastFreed: 1 } as const
export const READER_NUMBERS = 2
/** Numbers in the supervisor's latch: how many writers died, then epoch and void sequence of the last of them. */
export const DEATHS = 0
export const FIRST_DEATH = 1
export const KEPT_DEATHS = 16
export const SUPERVISOR_NUMBERS: number = FIRST_DEATH + 2 * KEPT_DEATHS

export const WRITER_LATCH = alignWords(1)
export const READER_LATCH = WRITER_LATCH + latchWords(WRITER_NUMBERS)
export const SUPERVISOR_LATCH = READER_LATCH + latchWords(READER_NUMBERS)
const HEADERS = SUPERVISOR_LATCH + latchWords(SUPERVISOR_NUMBERS)

export const STATE = 0
/** Number of this filling of the page; grows by one for each page that the ring's writers begin. */
export const SERIAL = 1
/** Records in the page; 0 while it is FREE, meaningless while it is written. */
export const COUNT = 2
export const PAGE_EPOCH = 3
/** 1 when the page was sealed because the next record did not fit, 0 when its time was up. */
export const IS_FULL = 4
/** Two words: sequence number of the page's first record. */
export const FIRST_SEQUENCE = 5
/** How much of the body is used, in the owner's own units. */
export const USED_BYTES = 7
export const USED_WORDS = 8
const HEADER_WORDS = alignWords(9)

export function headerWord(page: number): number {
  return HEADERS + page * HEADER_WORDS
}

export function pagesWords(pageCount: number): number {
  return headerWord(pageCount)
}
