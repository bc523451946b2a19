// A dead letter as a row of the index: what lists and searches need. All text in it has passed `reveal`; the letter itself
// stays in the log.

import type { DatabaseSync } from 'node:sqlite'

import { isCut, lineOf, type RevealText } from '../state/dead-letter-log/filter.ts'
import type { LogPosition } from '../state/dead-letter-log/layout.ts'
import type { DeadLetter } from '../state/dead-letter-log/letter.ts'
import { change, numberIn, type Row, rowOf, rowsOf } from './statements.ts'

/** Of texts that may be long, so much is kept here. */
const TEXT_CHARACTERS = 2_000

export interface PlacedLetter {
  readonly letter: DeadLetter
  /** NaN where damage makes it unknown. */
  readonly sequence: number
  readonly start: LogPosition
  readonly end: LogPosition
  readonly checksum: number
  readonly isDiscarded: boolean
}

/** Where an indexed letter lies. */
export interface IndexedPlace {
  readonly start: LogPosition
  readonly end: LogPosition
  readonly checksum: number
}

const COLUMNS = [
  'segment',
  'start_byte',
  'end_byte',
  'checksum',
  'sequence',
  'is_discarded',
  'at',
  'kind',
  'id',
  'processor',
  'tag',
  'error_name',
  'error_message',
  'code',
  'attempts',
  'line',
  'line_bytes',
  'line_is_cut',
  'file',
  'line_number',
  'replay_of'
]

const INSERT = `INSERT INTO dead_letters (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`

export function insertLetter(database: DatabaseSync, placed: PlacedLetter, reveal: RevealText): void {
  const { letter, sequence, start, end, checksum, isDiscarded } = placed
  const { error } = letter
  const line = lineOf(letter, reveal)
  const shortened = (text: string | undefined): string | null =>
    text === undefined ? null : reveal(text).slice(0, TEXT_CHARACTERS)
  change(
    database,
    INSERT,
    start.segment,
    start.length,
    end.length,
    checksum,
    Number.isNaN(sequence) ? null : sequence,
    isDiscarded ? 1 : 0,
    letter.atMilliseconds,
    letter.kind,
    letter.id,
    letter.processor,
    reveal(letter.tag),
    shortened(error?.name),
    shortened(error?.message),
    shortened(error?.code),
    letter.attempts.length,
    line.slice(0, TEXT_CHARACTERS),
    letter.original.byteLength,
    isCut(letter) || line.length > TEXT_CHARACTERS ? 1 : 0,
    reveal(letter.source),
    letter.lineNumber,
    letter.replayOf ?? null
  )
}

/** The last ones of the log, the very last first, before a number. */
export function lastPlaces(database: DatabaseSync, before: number, count: number): [number, IndexedPlace][] {
  const rows = rowsOf(
    database,
    'SELECT number, segment, start_byte, end_byte, checksum FROM dead_letters WHERE number < ? ORDER BY number DESC LIMIT ?',
    before,
    count
  )
  return rows.map(row => [numberIn(row, 'number'), placeIn(row)])
}

function placeIn(row: Row): IndexedPlace {
  const segment = numberIn(row, 'segment')
  return {
    start: { segment, length: numberIn(row, 'start_byte') },
    end: { segment, length: numberIn(row, 'end_byte') },
    checksum: numberIn(row, 'checksum')
  }
}

export function removeLettersFrom(database: DatabaseSync, number: number): void {
  change(database, 'DELETE FROM dead_letters WHERE number >= ?', number)
}

/** Those that count, and the discarded ones. */
export function countLetters(database: DatabaseSync): { readonly letters: number; readonly discarded: number } {
  const known = numberIn(rowOf(database, 'SELECT count(*) AS count FROM dead_letters')!, 'count')
  const sql = 'SELECT count(*) AS count FROM dead_letters WHERE is_discarded = 1'
  const discarded = numberIn(rowOf(database, sql)!, 'count')
  return { letters: known - discarded, discarded }
}
