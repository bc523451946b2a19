// Which files of the watched folder are complete, in order, without holding more than a part of a large folder.
//
// A scan goes through all names but keeps the first few thousand in order; when these are used up the next scan finds
// the rest. What is not taken (being written, unreadable, no regular file) is looked at again when that may have changed,
// and is told of once.

import { type BigIntStats, constants } from 'node:fs'
import { join, matchesGlob, sep } from 'node:path'

import { fileIdentity, outputWithIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import type { Clock } from './clock.ts'
import { inodeState, restMilliseconds, wasMovedIn } from './completeness.ts'
import type { Layout } from './layout.ts'
import { isTemporaryName, nameAsText } from './names.ts'

export interface ArrivalRules {
  readonly pattern: string | undefined
  readonly ignore: readonly string[]
  readonly order: 'oldest' | 'name'
  readonly settleMilliseconds: number
  /** After so long what could not be taken is tried again. */
  readonly rescanMilliseconds: number
}

export interface Arrival {
  /** As bytes where the name is no UTF-8. */
  readonly path: string | Buffer
  readonly name: string
  readonly status: BigIntStats
  readonly candidate: Candidate
  /** Why it was not taken when it was looked at last. */
  readonly faultBefore: string | undefined
}

interface Candidate {
  readonly bytes: Buffer
  readonly name: string
  readonly modifiedNanoseconds: bigint
}

interface Held {
  readonly candidate: Candidate
  /** How it was when it was seen being written. */
  readonly state: string | undefined
  /** Why it is not taken otherwise; empty for what nobody need hear of. */
  readonly fault: string | undefined
  readonly dueMilliseconds: number
}

const MOST_CANDIDATES = 8192
const MOST_HELD = 65_536
const MOST_MESSAGES = 100

export class Arrivals {
  private readonly fileSystem: FileSystem
  private readonly layout: Layout
  private readonly rules: ArrivalRules
  private readonly outputFiles: readonly string[]
  private readonly clock: Clock
  private readonly log: (message: string) => void

  /** In reverse order: the next one is at the end. */
  private candidates: Candidate[] = []
  private hasMore = false
  private readonly held = new Map<string, Held>()
  private nextDue = Number.POSITIVE_INFINITY
  private messageCount = 0

  constructor(
    fileSystem: FileSystem,
    layout: Layout,
    rules: ArrivalRules,
    outputFiles: readonly string[],
    clock: Clock,
    log: (message: string) => void
  ) {
    this.fileSystem = fileSystem
    this.layout = layout
    this.rules = rules
    this.outputFiles = outputFiles
    this.clock = clock
    this.log = log
  }

  /** The next complete files of the last scan, at most so many, and those that have become complete since. */
  take(count: number): Arrival[] {
    const arrivals = this.takeDue(count)
    while (arrivals.length < count) {
      const candidate = this.candidates.pop()
      if (candidate === undefined) break
      const arrival = this.judge(candidate, undefined)
      if (arrival !== undefined) arrivals.push(arrival)
    }
    return arrivals
  }

  /** True when the last scan has been used up and did not see everything that is there. */
  get needsScan(): boolean {
    return this.hasMore && this.candidates.length === 0
  }

  /** When a file that is being written may be complete; infinity when there is none. */
  get dueMilliseconds(): number {
    return this.nextDue
  }

  /** Files that are being written now. */
  get incompleteCount(): number {
    return this.countHeld(({ state }) => state !== undefined)
  }

  /** What is in the folder, was seen, and will not be read as it is. */
  get skippedCount(): number {
    return this.countHeld(({ fault }) => fault !== undefined && fault !== '')
  }

  private countHeld(isMeant: (held: Held) => boolean): number {
    let count = 0
    for (const held of this.held.values()) if (isMeant(held)) count += 1
    return count
  }

  /** Goes through the folder. Fails as `readdir` does. */
  scan(): void {
    let kept: Candidate[] = []
    this.hasMore = false
    const cut = () => {
      if (kept.length > MOST_CANDIDATES) this.hasMore = true
      kept = kept.sort(this.compare).slice(0, MOST_CANDIDATES)
    }
    for (const bytes of this.fileSystem.namesInFolder(this.layout.unprocessed)) {
      const candidate = this.candidateOf(bytes)
      if (candidate === undefined) continue
      kept.push(candidate)
      if (kept.length >= 2 * MOST_CANDIDATES) cut()
    }
    cut()
    this.candidates = kept.reverse()
  }

  private readonly compare = (left: Candidate, right: Candidate): number => {
    const { modifiedNanoseconds: one } = left
    const { modifiedNanoseconds: other } = right
    if (one !== other) return one < other ? -1 : 1
    return Buffer.compare(left.bytes, right.bytes)
  }

  private candidateOf(bytes: Buffer): Candidate | undefined {
    const name = nameAsText(bytes)
    const { pattern, ignore, order } = this.rules
    if (isTemporaryName(name) || this.held.has(bytes.toString('latin1'))) return undefined
    if (pattern !== undefined && !matchesGlob(name, pattern)) return undefined
    if (ignore.some(glob => matchesGlob(name, glob))) return undefined
    if (order === 'name') return { bytes, name, modifiedNanoseconds: 0n }
    const status = this.statusOf(this.pathOf(bytes, name))
    return status === undefined ? undefined : { bytes, name, modifiedNanoseconds: status.mtimeNs }
  }

  private takeDue(count: number): Arrival[] {
    const now = this.clock.monotonicMilliseconds()
    if (now < this.nextDue) return []
    const arrivals: Arrival[] = []
    this.nextDue = Number.POSITIVE_INFINITY
    for (const [key, held] of this.held) {
      if (held.dueMilliseconds > now || arrivals.length >= count) {
        this.nextDue = Math.min(this.nextDue, held.dueMilliseconds)
        continue
      }
      this.held.delete(key)
      const arrival = this.judge(held.candidate, held)
      if (arrival !== undefined) arrivals.push(arrival)
    }
    return arrivals
  }

  /** The file as it is now, when it can be taken; else it is held, or gone. */
  private judge(candidate: Candidate, before: Held | undefined): Arrival | undefined {
    const { bytes, name } = candidate
    const path = this.pathOf(bytes, name)
    const status = this.statusOf(path)
    if (status === undefined) return undefined
    const fault = this.faultOf(path, status)
    const arrival = { path, name, status, candidate, faultBefore: before?.fault }
    if (fault !== undefined) {
      this.refuse(arrival, fault)
      return undefined
    }
    const { settleMilliseconds } = this.rules
    const state = inodeState(status)
    if (settleMilliseconds === 0 || wasMovedIn(status) || before?.state === state) return arrival
    const rest = restMilliseconds(status.ctimeNs, settleMilliseconds, this.clock)
    if (rest === 0) return arrival
    this.hold(candidate, { state }, rest)
    return undefined
  }

  /** Not taken for now; told of unless it was for the same reason before. */
  refuse({ name, candidate, faultBefore }: Arrival, fault: string): void {
    if (fault !== '' && fault !== faultBefore) this.tell(`skipped ${quote(this.shown(name))}: ${fault}`)
    this.hold(candidate, { fault }, this.rules.rescanMilliseconds)
  }

  private faultOf(path: string | Buffer, status: BigIntStats): string | undefined {
    if (!status.isFile()) {
      if (status.isDirectory() && this.layout.identities.has(fileIdentity(status))) return ''
      return `it is ${kindOf(status)}`
    }
    const output = outputWithIdentity(this.fileSystem, status, this.outputFiles)
    if (output !== undefined) return `it is the output ${quote(output)} of this pipeline`
    try {
      this.fileSystem.accessSync(path, constants.R_OK)
      return undefined
    } catch (error) {
      return `it cannot be read, ${systemErrorReason(error)}; it is taken once it can be`
    }
  }

  private hold(candidate: Candidate, why: { state?: string; fault?: string }, milliseconds: number): void {
    // Those beyond are found again by a later scan.
    if (this.held.size >= MOST_HELD) return
    const dueMilliseconds = this.clock.monotonicMilliseconds() + milliseconds
    this.held.set(candidate.bytes.toString('latin1'), {
      candidate,
      state: why.state,
      fault: why.fault,
      dueMilliseconds
    })
    this.nextDue = Math.min(this.nextDue, dueMilliseconds)
  }

  /** Undefined when it has vanished. */
  private statusOf(path: string | Buffer): BigIntStats | undefined {
    try {
      return this.fileSystem.lstatSync(path)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  private pathOf(bytes: Buffer, name: string): string | Buffer {
    const path = join(this.layout.unprocessed, name)
    if (bytes.equals(Buffer.from(name))) return path
    return Buffer.concat([Buffer.from(this.layout.unprocessed + sep), bytes])
  }

  shown(name: string): string {
    return join(this.layout.shownUnprocessed, name)
  }

  private tell(message: string): void {
    this.messageCount += 1
    if (this.messageCount > MOST_MESSAGES) return
    this.log(this.messageCount === MOST_MESSAGES ? `${message}. Others are not told of any more.` : message)
  }
}

function kindOf(status: BigIntStats): string {
  if (status.isSymbolicLink()) return 'a symbolic link; links are not followed'
  if (status.isDirectory()) return 'a folder; files in it are not read'
  if (status.isFIFO()) return 'a pipe, not a file'
  if (status.isSocket()) return 'a socket, not a file'
  return 'a device, not a file'
}
