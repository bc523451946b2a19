// Reads the whole dead-letter log: every letter with its checksum, that none is missing, and which are discarded.

import { join } from 'node:path'

import { nodeFileSystem } from '../../base/file-system.ts'
import { systemErrorReason } from '../../base/system-error.ts'
import type { Checkpoint } from '../../state/checkpoint/checkpoint.ts'
import { type DiscardDamage, readDiscards } from '../../state/dead-letter-log/discards-reader.ts'
import { type LogPosition, logFolder, segmentName } from '../../state/dead-letter-log/layout.ts'
import { LogFiles } from '../../state/dead-letter-log/log-files.ts'
import { type LogDamage, readDeadLetters } from '../../state/dead-letter-log/reader.ts'
import type { Check } from '../checks/check.ts'
import { formatBytes, formatCount, formatNumberOf } from '../numbers.ts'

const NAME = 'dead letters'
const PLACES_NAMED = 100
const REFUSED =
  'The next start is refused: what was committed is not there. Put the file back, or start over with --fresh.'

/** `checkpoint` is the one that the next start would go on from. */
export function checkLetters(stateFolder: string, checkpoint: Checkpoint | undefined): Check[] {
  const walk = new Walk(stateFolder, checkpoint)
  try {
    walk.readAll()
    return walk.checks()
  } catch (cause) {
    const text = `They cannot be read: ${systemErrorReason(cause)}.`
    const advice = 'The next start is refused until they can be read.'
    return [...walk.faults, { level: 'damage', name: NAME, text, advice, facts: { file: logFolder(stateFolder) } }]
  }
}

class Walk {
  readonly faults: Check[] = []
  readonly #stateFolder: string
  readonly #checkpoint: Checkpoint | undefined
  #letters = 0
  #discarded = 0
  #uncommitted = 0
  #unnamed = 0
  /** A run that goes on cuts the log back to the checkpoint, and only if all of that file before it is whole. */
  #isRefused = false
  #bytes = 0
  #segments: readonly number[] = []
  /** Some letter ends where the checkpoint stands, or the log begins there. */
  #hasCommittedPlace = false
  readonly #said = new Set<string>()

  constructor(stateFolder: string, checkpoint: Checkpoint | undefined) {
    this.#stateFolder = stateFolder
    this.#checkpoint = checkpoint
  }

  readAll(): void {
    const committed = this.#checkpoint?.deadLetters
    this.#hasCommittedPlace = committed === undefined || committed.length === 0
    this.#isRefused = this.#checkpoint?.isComplete === false && !this.#canBeCutTo(committed!)
    for (const entry of readDeadLetters(this.#stateFolder, nodeFileSystem, { committed })) {
      if (entry.kind === 'damage') {
        this.#noteDamage(entry)
        continue
      }
      if (entry.kind === 'letter') this.#letters++
      else this.#discarded++
      if (committed === undefined) continue
      if (!isBefore(entry.start, committed)) this.#uncommitted++
      if (isSame(entry.end, committed) || isSame(entry.start, committed)) this.#hasCommittedPlace = true
    }
    this.#readFiles()
    if (!this.#hasCommittedPlace && this.faults.length === 0) this.#noteWrongPlace(committed!)
  }

  checks(): Check[] {
    if (this.#letters + this.#discarded + this.faults.length === 0 && this.#segments.length === 0) {
      return [{ level: 'ok', name: NAME, text: 'There are none.', facts: { letters: 0, discarded: 0 } }]
    }
    const parts = [formatNumberOf(this.#letters, 'whole letter')]
    if (this.#discarded > 0) parts.push(`${formatCount(this.#discarded)} discarded`)
    const files = formatNumberOf(this.#segments.length, 'file')
    const summary: Check = {
      level: 'ok',
      name: NAME,
      text: `${parts.join(' and ')} in ${files}, ${formatBytes(this.#bytes)}.`,
      facts: {
        file: logFolder(this.#stateFolder),
        letters: this.#letters,
        discarded: this.#discarded,
        uncommitted: this.#uncommitted,
        bytes: this.#bytes
      }
    }
    return [summary, ...this.#ofUncommitted(), ...this.faults, ...this.#ofUnnamed()]
  }

  #noteDamage({ start, byteLength, message, isTorn, isNewer }: LogDamage): void {
    const committed = this.#checkpoint?.deadLetters
    const isUncommitted = isTorn && (committed === undefined || !isBefore(start, committed))
    const kind = message.includes('.discards: ') ? 'discards' : 'dll'
    // What is missing at the end is missing where it was committed, not where the rest ends.
    const isEnd = committed !== undefined && message.includes(' is committed up to byte ')
    const place = isEnd && start.segment !== committed.segment ? { segment: committed.segment, length: 0 } : start
    this.#add({
      level: isUncommitted ? 'note' : 'damage',
      name: NAME,
      text: `${message}.`,
      advice: isUncommitted
        ? 'It was not committed: the next start cuts it off and writes it again.'
        : this.#consequence(place, kind, isNewer),
      facts: {
        file: join(logFolder(this.#stateFolder), segmentName(place.segment, kind)),
        // What discards letters is one record: any byte of it is all of it.
        byte: kind === 'discards' ? 0 : place.length,
        end_byte: kind === 'discards' ? this.#sizeOfDiscards(start.segment) : place.length + byteLength
      }
    })
  }

  #canBeCutTo({ segment, length }: LogPosition): boolean {
    const files = new LogFiles(logFolder(this.#stateFolder), nodeFileSystem)
    if (length === 0) return true
    const state = files.segments().includes(segment) ? files.inspect(segment, true, length) : undefined
    return state?.isWhole === true && state.tornBytes === 0
  }

  #consequence(start: LogPosition, kind: 'dll' | 'discards', isNewer: boolean): string {
    if (isNewer) return 'Read it with the Linescope that wrote it.'
    if (kind === 'discards') return 'The next start does not need it. Letters that were discarded are shown again.'
    // Damage before the file that the checkpoint stands in is in nobody's way.
    if (this.#isRefused && !isBefore(start, { segment: this.#checkpoint!.deadLetters.segment, length: 0 }))
      return REFUSED
    return 'The next start goes on and leaves it as it is. What was in there cannot be shown or replayed any more.'
  }

  #noteWrongPlace({ segment, length }: LogPosition): void {
    const name = segmentName(segment)
    this.#add({
      level: 'damage',
      name: NAME,
      text: `The checkpoint stands at byte ${formatCount(length)} of ${name}, where no letter ends: it is not the log that was committed.`,
      advice: this.#consequence({ segment, length }, 'dll', false),
      facts: { file: join(logFolder(this.#stateFolder), name), byte: length }
    })
  }

  /** Sizes, and what the reader does not look at because no letter depends on it. */
  #readFiles(): void {
    const folder = logFolder(this.#stateFolder)
    const files = new LogFiles(folder, nodeFileSystem)
    const discards = new LogFiles(folder, nodeFileSystem, 'discards')
    this.#segments = files.segments()
    for (const segment of this.#segments) this.#bytes += files.size(segment)
    for (const segment of discards.segments()) {
      for (const damage of readDiscards(discards, segment).damage) this.#noteDamage(asLogDamage(segment, damage))
    }
  }

  #sizeOfDiscards(segment: number): number {
    return new LogFiles(logFolder(this.#stateFolder), nodeFileSystem, 'discards').size(segment)
  }

  /** Once for each place. */
  #add(fault: Check): void {
    if (this.#said.has(fault.text)) return
    if (this.faults.length === PLACES_NAMED) {
      if (fault.level === 'damage') this.#unnamed++
      return
    }
    this.#said.add(fault.text)
    this.faults.push(fault)
  }

  #ofUncommitted(): Check[] {
    if (this.#uncommitted === 0 || this.#checkpoint === undefined) return []
    const text = `${formatNumberOf(this.#uncommitted, 'letter')} behind the checkpoint.`
    const advice = this.#checkpoint.isComplete
      ? 'They were added since, and stay.'
      : 'Not committed: the next start cuts them off and writes them again.'
    return [{ level: 'note', name: NAME, text, advice }]
  }

  #ofUnnamed(): Check[] {
    if (this.#unnamed === 0) return []
    return [{ level: 'damage', name: NAME, text: `… and ${formatNumberOf(this.#unnamed, 'more damaged place')}.` }]
  }
}

function asLogDamage(segment: number, { byteLength, message, isNewer }: DiscardDamage): LogDamage {
  return { kind: 'damage', isTorn: false, isNewer, start: { segment, length: 0 }, byteLength, message }
}

function isBefore(a: LogPosition, b: LogPosition): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.length < b.length)
}

function isSame(a: LogPosition, b: LogPosition): boolean {
  return a.segment === b.segment && a.length === b.length
}
