// Keeps the index of dead letters at what the log says. The log is the truth: whatever the index has missed, been told
// too early or lost is found out by looking at the log, so the index may be deleted at any time.
//
// How: letters are indexed in the order of the log, and a log is only ever appended to, cut at its end, and rid of its
// oldest segments. So when the newest indexed letter still lies where it lay, everything before it does too; else the log
// was cut, and letters are taken out of the index from its end until one is met that is still there.

import type { DatabaseSync } from 'node:sqlite'

import { type FileSystem, nodeFileSystem } from '../base/file-system.ts'
import { systemErrorCode, systemErrorReason } from '../base/system-error.ts'
import { readDiscards } from '../state/dead-letter-log/discards-reader.ts'
import type { RevealText } from '../state/dead-letter-log/filter.ts'
import { FRAME_HEADER_BYTES, type LogPosition, logFolder, readFrameHeader } from '../state/dead-letter-log/layout.ts'
import { LogFiles } from '../state/dead-letter-log/log-files.ts'
import { readDeadLetters } from '../state/dead-letter-log/reader.ts'
import type { SegmentFile } from '../state/dead-letter-log/segment-file.ts'
import { type IndexedPlace, insertLetter, lastPlaces, removeLettersFrom } from './letter-rows.ts'
import { change, numberIn, rowOf, rowsOf, textIn } from './statements.ts'

export interface CaughtUp {
  /** False: there is more, ask again. */
  readonly isComplete: boolean
  readonly added: number
  /** Places of the log that cannot be read, met this time. */
  readonly damaged: number
  /** Why the log could not be read, as the system says it. */
  readonly problem?: string
}

/** So many places are looked at together. */
const PLACES = 500
const TEXT_VERSION = 'dead letters: text'

export class LetterIndex {
  readonly #stateFolder: string
  readonly #reveal: RevealText
  readonly #textVersion: string
  readonly #fileSystem: FileSystem
  readonly #letters: LogFiles
  readonly #discards: LogFiles
  /** Of the log when the index was brought up to it, and the database that this was done in. */
  #seen: { readonly state: string; readonly database: DatabaseSync } | undefined

  /** `textVersion`: another one when text is revealed in another way; then all of it is made anew. */
  constructor(stateFolder: string, reveal: RevealText, textVersion: string, fileSystem: FileSystem = nodeFileSystem) {
    this.#stateFolder = stateFolder
    this.#reveal = reveal
    this.#textVersion = textVersion
    this.#fileSystem = fileSystem
    this.#letters = new LogFiles(logFolder(stateFolder), fileSystem)
    this.#discards = new LogFiles(logFolder(stateFolder), fileSystem, 'discards')
  }

  /** Within a transaction. Throws what SQLite says of the database. */
  catchUp(database: DatabaseSync, atMost: number): CaughtUp {
    try {
      return this.#catchUp(database, atMost)
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error
      // What was added so far stays: it is in the order of the log.
      return { isComplete: false, added: 0, damaged: 0, problem: systemErrorReason(error) }
    }
  }

  #catchUp(database: DatabaseSync, atMost: number): CaughtUp {
    const segments = this.#letters.segments()
    const state = this.#stateOf(segments)
    if (this.#seen?.state === state && this.#seen.database === database) {
      return { isComplete: true, added: 0, damaged: 0 }
    }
    this.#requireText(database)
    this.#forgetRemoved(database, segments)
    this.#markDiscarded(database, segments)
    const caughtUp = this.#add(database, this.#cutBack(database, segments), atMost)
    // What was appended meanwhile changes the state, so it is looked for again.
    if (caughtUp.isComplete) this.#seen = { state, database }
    return caughtUp
  }

  #add(database: DatabaseSync, from: LogPosition | undefined, atMost: number): CaughtUp {
    let added = 0
    let damaged = 0
    const options = { from, readsDiscarded: true }
    for (const entry of readDeadLetters(this.#stateFolder, this.#fileSystem, options)) {
      if (entry.kind === 'damage') {
        if (!entry.isTorn) damaged++
        continue
      }
      if (added === atMost) return { isComplete: false, added, damaged }
      if (entry.letter === undefined) continue
      const { letter, sequence, start, end, checksum, kind } = entry
      insertLetter(
        database,
        { letter, sequence, start, end, checksum, isDiscarded: kind === 'discarded' },
        this.#reveal
      )
      this.#noteSegment(database, start.segment)
      added++
    }
    return { isComplete: true, added, damaged }
  }

  #stateOf(segments: readonly number[]): string {
    return segments
      .map(segment => `${segment}: ${this.#letters.stateOf(segment)} ${this.#discards.stateOf(segment)}`)
      .join('\n')
  }

  #requireText(database: DatabaseSync): void {
    const row = rowOf(database, 'SELECT value FROM facts WHERE name = ?', TEXT_VERSION)
    if (row !== undefined && textIn(row, 'value') === this.#textVersion) return
    change(database, 'DELETE FROM dead_letters')
    change(database, 'DELETE FROM dead_letter_segments')
    change(database, 'INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)', TEXT_VERSION, this.#textVersion)
  }

  #forgetRemoved(database: DatabaseSync, segments: readonly number[]): void {
    const there = new Set(segments)
    for (const row of rowsOf(database, 'SELECT segment FROM dead_letter_segments')) {
      const segment = numberIn(row, 'segment')
      if (there.has(segment)) continue
      change(database, 'DELETE FROM dead_letters WHERE segment = ?', segment)
      change(database, 'DELETE FROM dead_letter_segments WHERE segment = ?', segment)
    }
  }

  /** Before letters are added: those that are new are read with their marks. */
  #markDiscarded(database: DatabaseSync, segments: readonly number[]): void {
    for (const segment of segments) {
      const row = rowOf(database, 'SELECT discards FROM dead_letter_segments WHERE segment = ?', segment)
      const state = this.#discards.stateOf(segment)
      if (row === undefined || textIn(row, 'discards') === state) continue
      change(database, 'UPDATE dead_letters SET is_discarded = 0 WHERE segment = ?', segment)
      for (const [start, checksum] of readDiscards(this.#discards, segment).marks) {
        change(
          database,
          'UPDATE dead_letters SET is_discarded = 1 WHERE segment = ? AND start_byte = ? AND checksum = ?',
          segment,
          start,
          checksum
        )
      }
      change(database, 'UPDATE dead_letter_segments SET discards = ? WHERE segment = ?', state, segment)
    }
  }

  #noteSegment(database: DatabaseSync, segment: number): void {
    change(
      database,
      'INSERT INTO dead_letter_segments (segment, discards) VALUES (?, ?) ON CONFLICT DO NOTHING',
      segment,
      // Taken again at the next look, when somebody discarded letters while this segment was read.
      ''
    )
  }

  /** Takes out what the log does not hold any more, and returns the end of the newest letter that it still holds. */
  #cutBack(database: DatabaseSync, segments: readonly number[]): LogPosition | undefined {
    const there = new Set(segments)
    const open = new Map<number, SegmentFile | undefined>()
    try {
      let before = Number.MAX_SAFE_INTEGER
      let gone: number | undefined
      let kept: IndexedPlace | undefined
      while (kept === undefined) {
        const places = lastPlaces(database, before, PLACES)
        if (places.length === 0) break
        for (const [number, place] of places) {
          const { segment } = place.start
          if (!open.has(segment)) open.set(segment, there.has(segment) ? this.#letters.readIfThere(segment) : undefined)
          if (isStillThere(open.get(segment), place)) {
            kept = place
            break
          }
          gone = number
        }
        before = places.at(-1)![0]
      }
      if (gone !== undefined) removeLettersFrom(database, gone)
      return kept?.end
    } finally {
      for (const file of open.values()) file?.close()
    }
  }
}

/** A frame's checksum covers its place, its length and its payload's checksum: there is no other such frame. */
function isStillThere(file: SegmentFile | undefined, { start, end, checksum }: IndexedPlace): boolean {
  if (file === undefined || end.length > file.size) return false
  const bytes = file.bytes(start.length, FRAME_HEADER_BYTES)
  return bytes.length === FRAME_HEADER_BYTES && readFrameHeader(bytes, start.length)?.checksum === checksum
}
