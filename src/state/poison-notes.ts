// What a run leaves for the next one, should it be killed: the lines that it was killed with.
//
//   poison.json   as long as a run goes on, and as long as something is in it
//   poison-line   the line that runs now, while each line runs alone: 40 bytes, zeros between two lines
//
// A line that takes its whole process with it tells nothing, and most processes are killed by somebody. So only when two
// runs in a row were killed, the second soon after its first line, the next begins carefully: for some seconds each line
// runs alone, many times slower, and is noted while it does. A line that was noted by three killed runs, one after the
// other, is not run by the next. Runs that begin at the same checkpoint and are killed by somebody after about the same
// time die with the same line now and then: two would be too few. None of it is synced: it is for the death of a
// process, and no promise stands on it.

import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import { systemErrorCode } from '../base/system-error.ts'

export const POISON_FILE = 'poison.json'
export const POISON_LINE_FILE = 'poison-line'

const DEATHS_BEFORE_CARE = 2
/**
 * A line that kills is met sooner: runs commit all the time, and the next goes on there. It is the time too for which
 * each line runs alone, since a run that was killed had committed less than this before, or what took it longer goes
 * many times as fast now.
 */
export const CAREFUL_MILLISECONDS = 10_000
/** In the first runs it was not known, in the others it ran alone. */
const STRIKES = 3
const NOTE_BYTES = 40
const NO_LINE = Buffer.alloc(NOTE_BYTES)

/** A line, and the processor that it was in. */
export interface PoisonPlace {
  readonly sourceNumber: number
  readonly offset: number
  readonly lineNumber: number
  /** Id of the processor. */
  readonly node: number
  readonly item: number
}

export interface PoisonLine extends PoisonPlace {
  readonly code: 'hung' | 'killed_lane'
  readonly message: string
}

interface Notes {
  /** Ids of processors mean something for this pipeline only. */
  readonly configHash: string
  /** A run that was killed has not taken it back. */
  readonly isRunning: boolean
  /** Runs before this one that were killed, each soon after the one before. */
  readonly deaths: number
  readonly strikes: readonly { readonly place: PoisonPlace; readonly count: number }[]
  readonly lines: readonly PoisonLine[]
}

export class PoisonNotes {
  /** Lines that are not to be run. */
  readonly lines: readonly PoisonLine[]
  /** Runs before were killed: each line is to run alone for a while, and to be noted. */
  readonly isCareful: boolean
  readonly #stateFolder: string
  readonly #told = new Set<number>()
  #notes: Notes
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  private constructor(stateFolder: string, notes: Notes, isCareful: boolean) {
    this.#stateFolder = stateFolder
    this.#notes = notes
    this.lines = notes.lines
    this.isCareful = isCareful
  }

  /**
   * At the start of a run. `isBehind` tells of a line that the run does not come to any more; without it the run starts
   * afresh, and what was noted means nothing.
   */
  static begin(
    stateFolder: string,
    configHash: string,
    isBehind: ((place: PoisonPlace) => boolean) | undefined
  ): PoisonNotes {
    const before = isBehind === undefined ? undefined : readNotes(stateFolder)
    const isKnown = before !== undefined && before.configHash === configHash
    const deaths = before?.isRunning === true ? before.deaths + 1 : 0
    const isCareful = deaths >= DEATHS_BEFORE_CARE
    const noted = deaths > 0 && isKnown ? readNote(stateFolder) : undefined
    const lines = isKnown ? before.lines.filter(line => !isBehind!(line)) : []
    const strikes: { place: PoisonPlace; count: number }[] = []
    if (noted !== undefined && !isBehind!(noted)) {
      const count = (before!.strikes.find(({ place }) => isSame(place, noted))?.count ?? 0) + 1
      if (count < STRIKES) strikes.push({ place: noted, count })
      else lines.push({ ...noted, code: 'killed_lane', message: 'ended the whole process, again and again' })
    }
    rmSync(join(stateFolder, POISON_LINE_FILE), { force: true })
    const notes = new PoisonNotes(stateFolder, { configHash, isRunning: true, deaths, strikes, lines }, isCareful)
    notes.#write()
    return notes
  }

  /** Of one input those that are not to be run, the first time that it is asked for. */
  untold(sourceNumber: number): readonly PoisonLine[] {
    if (this.#told.has(sourceNumber)) return []
    this.#told.add(sourceNumber)
    return this.lines.filter(line => line.sourceNumber === sourceNumber)
  }

  /** Lines flow from now on. A death long after this begins a new count. */
  working(): void {
    this.#timer = setTimeout(() => {
      this.#notes = { ...this.#notes, deaths: 0 }
      this.#write()
    }, CAREFUL_MILLISECONDS).unref()
  }

  /** The process will be killed because of this line: the next one is not to run it. Unknown, it is to be careful. */
  willBeKilled(line: PoisonLine | undefined): void {
    const notes = this.#notes
    this.#notes =
      line === undefined
        ? { ...notes, deaths: Math.max(notes.deaths, DEATHS_BEFORE_CARE - 1) }
        : { ...notes, isRunning: false, lines: [...notes.lines, line] }
    this.#write()
    this.#over()
  }

  /** The run has ended by itself. */
  end(): void {
    if (this.#isOver) return
    this.#over()
    this.#notes = { ...this.#notes, isRunning: false, deaths: 0, strikes: [] }
    this.#write()
    rmSync(join(this.#stateFolder, POISON_LINE_FILE), { force: true })
  }

  #over(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #write(): void {
    const file = join(this.#stateFolder, POISON_FILE)
    try {
      if (!this.#notes.isRunning && this.#notes.lines.length === 0) rmSync(file, { force: true })
      else writeFileSync(file, `${JSON.stringify(this.#notes)}\n`, { mode: 0o600 })
    } catch (error) {
      // A full disk, say: the run goes on without notes, and waits elsewhere.
      if (systemErrorCode(error) === undefined) throw error
    }
  }
}

/** Notes the line that runs now. */
export class PoisonNote {
  readonly #bytes = Buffer.alloc(NOTE_BYTES)
  readonly #descriptor: number

  constructor(stateFolder: string) {
    this.#descriptor = openSync(join(stateFolder, POISON_LINE_FILE), 'w', 0o600)
  }

  write({ sourceNumber, offset, lineNumber, node, item }: PoisonPlace): void {
    const bytes = this.#bytes
    bytes.writeInt32LE(sourceNumber, 0)
    bytes.writeInt32LE(node, 4)
    bytes.writeDoubleLE(offset, 8)
    bytes.writeDoubleLE(lineNumber, 16)
    bytes.writeInt32LE(item, 24)
    bytes.writeUInt32LE(crc32(bytes.subarray(0, NOTE_BYTES - 4)), NOTE_BYTES - 4)
    this.#put(bytes)
  }

  /** The line has its outcome: whatever ends the process now, it is not this line. */
  clear(): void {
    this.#put(NO_LINE)
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #put(bytes: Buffer): void {
    try {
      writeSync(this.#descriptor, bytes, 0, NOTE_BYTES, 0)
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error
    }
  }
}

function isSame(a: PoisonPlace, b: PoisonPlace): boolean {
  return a.sourceNumber === b.sourceNumber && a.offset === b.offset && a.node === b.node && a.item === b.item
}

/** What cannot be read was not written in full, and says nothing. */
function readNotes(stateFolder: string): Notes | undefined {
  try {
    const notes = JSON.parse(readFileSync(join(stateFolder, POISON_FILE), 'utf8')) as Notes
    return Array.isArray(notes.lines) && Array.isArray(notes.strikes) && Number.isSafeInteger(notes.deaths)
      ? notes
      : undefined
  } catch {
    return undefined
  }
}

function readNote(stateFolder: string): PoisonPlace | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(join(stateFolder, POISON_LINE_FILE))
  } catch {
    return undefined
  }
  if (bytes.length !== NOTE_BYTES) return undefined
  if (crc32(bytes.subarray(0, NOTE_BYTES - 4)) !== bytes.readUInt32LE(NOTE_BYTES - 4)) return undefined
  return {
    sourceNumber: bytes.readInt32LE(0),
    node: bytes.readInt32LE(4),
    offset: bytes.readDoubleLE(8),
    lineNumber: bytes.readDoubleLE(16),
    item: bytes.readInt32LE(24)
  }
}
