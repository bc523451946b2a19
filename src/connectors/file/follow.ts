// Follows files: gives out their lines as they are written, and each file to its end when it is rotated away.
//
// Several files take turns. Whoever has whole lines waits in a queue; a turn ends behind a newline after about 1 MiB,
// or when its file has no more lines and another one has.

import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import type { ByteInput, Source, SourceSetup } from '../../sdk/source.ts'
import { HEAD_BYTES, isGzip, unreadableFormat } from './compression.ts'
import { CHANGED, type FollowedFile } from './follow-file.ts'
import { FollowedFiles } from './follow-files.ts'
import { FollowNumbers } from './follow-numbers.ts'
import { FollowedPaths } from './follow-paths.ts'
import { resumeFiles } from './follow-resume.ts'
import { FollowRounds } from './follow-rounds.ts'
import type { FollowTools } from './follow-tools.ts'
import { FollowTurn, type TurnSource } from './follow-turn.ts'

const FIRST_RETRY_MILLISECONDS = 250
const LAST_RETRY_MILLISECONDS = 10_000

export interface FollowOptions {
  readonly patterns: readonly string[]
  readonly startAt: 'beginning' | 'end'
  readonly compression: 'auto' | 'none'
  /** A file that was rotated away is over when nothing came for so long. */
  readonly rotatedWaitMilliseconds: number
}

export class FollowSource implements Source, TurnSource {
  readonly totalBytes = undefined
  isClosed = false
  private readonly tools: FollowTools
  private readonly setup: SourceSetup
  private readonly options: FollowOptions
  private readonly files: FollowedFiles
  private readonly paths: FollowedPaths
  private readonly rounds: FollowRounds
  private readonly numbers: FollowNumbers
  /** Files to be looked at, in the order of their turns. */
  private readonly queue = new Set<FollowedFile>()
  private current: FollowedFile | undefined
  /** It was looked at and is next. */
  private ready: FollowedFile | undefined
  private wake: () => void = () => {}

  constructor(tools: FollowTools, options: FollowOptions, setup: SourceSetup) {
    this.tools = tools
    this.options = options
    this.setup = setup
    this.numbers = new FollowNumbers(setup)
    this.files = new FollowedFiles(tools, setup)
    this.files.onChange = file => this.touch(file)
    this.paths = new FollowedPaths(tools, setup, this.files)
    this.rounds = new FollowRounds(tools, setup, this.files, this.paths, options.rotatedWaitMilliseconds)
    try {
      resumeFiles(this.files, tools, setup)
      this.paths.start(options.patterns, options.startAt === 'end' && setup.resume === undefined)
      this.rounds.start()
    } catch (error) {
      this.close()
      throw error
    }
  }

  next(): ByteInput | undefined | Promise<ByteInput | undefined> {
    if (this.isClosed) return undefined
    if (this.current !== undefined && !this.current.isOver) this.queue.add(this.current)
    this.current = this.files.open.busy = undefined
    return this.isAnotherReady() ? this.turn() : this.nextLater()
  }

  committed(sourceNumber: number): void {
    this.numbers.committed(sourceNumber)
  }

  close(): void {
    this.isClosed = true
    this.rounds.close()
    this.files.open.closeAll()
    this.wake()
  }

  readFrom(file: FollowedFile, target: Uint8Array, offset: number, length: number): number | undefined {
    this.queue.delete(file)
    if (file.isOver) {
      this.files.finish(file)
      return undefined
    }
    const now = this.tools.now()
    if (now < file.retryAt) return 0
    try {
      if (!this.files.reopen(file)) {
        this.lookAtPaths(file)
        return 0
      }
      const count = file.read(target, offset, length, now)
      this.worked(file)
      if (count > 0) this.rounds.activeAt = now
      if (count === CHANGED) this.renew(file)
      else if (count === 0 && file.isComplete) this.files.finish(file)
      return file.isOver ? undefined : count
    } catch (cause) {
      this.failed(file, cause)
      return 0
    }
  }

  isAnotherReady(): boolean {
    if (this.isClosed) return false
    if (this.ready !== undefined) return true
    for (const file of this.queue) {
      if (file === this.current) continue
      this.queue.delete(file)
      if (!this.hasTurn(file)) continue
      this.ready = file
      return true
    }
    return false
  }

  somethingHappens(): Promise<void> {
    return new Promise(resolve => {
      this.wake = resolve
      if (this.isClosed) resolve()
    })
  }

  private async nextLater(): Promise<ByteInput | undefined> {
    do await this.somethingHappens()
    while (!this.isClosed && !this.isAnotherReady())
    return this.isClosed ? undefined : this.turn()
  }

  private turn(): ByteInput {
    const file = this.ready!
    this.ready = undefined
    this.current = this.files.open.busy = file
    file.sourceNumber ??= this.numbers.take()
    return new FollowTurn(file, file.sourceNumber, this)
  }

  /** Whether it has something to give out, be it only its end. */
  private hasTurn(file: FollowedFile): boolean {
    try {
      if (!file.isOver && this.tools.now() >= file.retryAt) {
        if (this.look(file)) return true
      }
    } catch (cause) {
      this.failed(file, cause)
      return false
    }
    if (!file.isOver) return false
    this.files.finish(file)
    return file.sourceNumber !== undefined
  }

  private look(file: FollowedFile): boolean {
    if (!this.files.reopen(file)) {
      this.lookAtPaths(file)
      return false
    }
    const look = file.look(this.tools.now())
    this.worked(file)
    if (file.skippedHole > 0) {
      this.log(`${quote(file.name)}: ${file.skippedHole} NUL bytes at its start are a hole that its writer left.`)
      file.skippedHole = 0
    }
    if (look === 'changed') this.renew(file)
    else if (look === 'nothing' && file.isComplete) file.isOver = true
    return look === 'lines' && this.isText(file)
  }

  private lookAtPaths(file: FollowedFile): void {
    for (const path of [...file.paths]) this.paths.look(path)
  }

  private isText(file: FollowedFile): boolean {
    if (file.isRefused) return false
    if (file.sourceNumber !== undefined || this.options.compression === 'none') return true
    const start = file.start(HEAD_BYTES)
    const format = isGzip(start) ? 'gzip' : unreadableFormat(start)
    if (format === undefined) return true
    file.isRefused = true
    this.log(
      `cannot follow ${quote(file.name)}: it holds ${format} data. It is passed over; read it with follow: false.`
    )
    return false
  }

  private renew(file: FollowedFile): void {
    const { offset } = file.place
    const next = this.files.renew(file)
    this.queue.add(next)
    this.log(
      `${quote(file.name)} was truncated or written anew: it is read from its beginning. ` +
        `What came after byte ${offset} and was not read before that is lost.`
    )
  }

  private worked(file: FollowedFile): void {
    if (file.failure === undefined) return
    this.log(`${quote(file.name)} can be read again.`)
    file.failure = undefined
    file.retryMilliseconds = 0
    this.files.retrying.delete(file)
  }

  private failed(file: FollowedFile, cause: unknown): void {
    // A descriptor that leads nowhere any more is no use; one of a file without a path is all there is.
    if (systemErrorCode(cause) === 'ESTALE' && file.paths.size > 0) this.files.open.close(file)
    const reason = systemErrorReason(cause)
    if (file.failure !== reason) {
      this.log(`cannot read on in ${quote(file.name)} at byte ${file.place.offset}: ${reason}. It is tried again.`)
    }
    file.failure = reason
    file.retryMilliseconds = Math.min(
      LAST_RETRY_MILLISECONDS,
      Math.max(FIRST_RETRY_MILLISECONDS, file.retryMilliseconds * 2)
    )
    file.retryAt = this.tools.now() + file.retryMilliseconds
    this.files.retrying.add(file)
  }

  private touch(file: FollowedFile): void {
    this.queue.add(file)
    this.wake()
  }

  private log(message: string): void {
    this.setup.log?.(message)
  }
}
