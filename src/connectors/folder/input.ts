// One file of the watched folder as an input of the engine. It never fails: a file that cannot be read on ends there,
// with a note that says why, and goes to quarantine once its lines are durable.

import { type BigIntStats, constants } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import type { ByteReader } from '../../base/byte-reader.ts'
import { fileIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorReason } from '../../base/system-error.ts'
import { SourceError } from '../../sdk/errors.ts'
import type { ByteInput, StoredFile, TextPlace } from '../../sdk/source.ts'
import { HEAD_BYTES, isGzip, unreadableFormat } from '../file/compression.ts'
import { DescriptorReader } from '../file/descriptor-reader.ts'
import { GzipReader } from '../file/gzip-reader.ts'
import { lineEndBefore, skipText } from '../file/start-place.ts'
import type { Clock } from './clock.ts'
import type { ClaimedFile, ReadFile } from './custody.ts'
import { SettlingReader } from './settling-reader.ts'
import { WholeLinesReader } from './whole-lines-reader.ts'

export interface InputSettings {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly compression: 'auto' | 'none' | 'gzip'
  readonly settleMilliseconds: number
  readonly quarantine: string
  readonly log: (message: string) => void
  /** Keeps why a file could not be read, before the engine hears of its end. */
  readonly noteFailure: (inode: string, text: string) => void
}

// A disk that answers again after a second is not worth a file in quarantine.
const RETRIES_AFTER_MILLISECONDS = [100, 400, 1000]

export class FolderInput implements ByteInput {
  readonly name: string
  readonly file: string
  readonly sourceNumber: number
  readonly canReadAgain = true
  sizeBytes: number | undefined
  stored: StoredFile | undefined
  start: TextPlace = { offset: 0, lineNumber: 0, lineEnd: '\n' }
  /** False while it has not been read to its end: it was closed before. */
  endsFile = false
  private readonly claimed: ClaimedFile
  private readonly settings: InputSettings
  private identity = ''
  private settling: SettlingReader | undefined
  private reader: WholeLinesReader | undefined
  private hasFailed = false
  private isClosed = false
  private retries = 0

  constructor(claimed: ClaimedFile, path: string, sourceNumber: number, settings: InputSettings) {
    this.claimed = claimed
    this.name = claimed.name
    this.file = path
    this.sourceNumber = sourceNumber
    this.settings = settings
  }

  /** Opens it and goes to where the reading begins. Throws what is not about this file: too many open files. */
  prepare(): this | Promise<this> {
    const { fileSystem } = this.settings
    let descriptor: number
    try {
      // What has taken the place of a file since it was looked at, a link or a pipe, is not followed and does not block.
      const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
      descriptor = fileSystem.openSync(this.file, flags)
    } catch (cause) {
      if (isShortage(cause)) throw cause
      this.know(this.linkStatus(), false)
      this.fail(`it cannot be opened: ${systemErrorReason(cause)}`)
      return this
    }
    const status = fileSystem.fstatSync(descriptor)
    const head = this.headOf(descriptor)
    const isCompressed = this.settings.compression !== 'none' && isGzip(head)
    this.know(status, isCompressed)
    const fault = this.faultOf(status, head, isCompressed)
    if (fault === undefined) return this.begin(descriptor, isCompressed)
    fileSystem.closeSync(descriptor)
    this.fail(fault)
    return this
  }

  get readBytes(): number {
    return this.settling?.readBytes ?? 0
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.reader === undefined || this.hasFailed || this.isClosed) return this.ended(0)
    try {
      const count = this.reader.read(target, offset, length)
      if (typeof count === 'number') return this.ended(count)
      return count.then(
        read => this.ended(read),
        cause => this.stumble(cause, target, offset, length)
      )
    } catch (cause) {
      return this.stumble(cause, target, offset, length)
    }
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.settling?.close()
    this.reader?.close()
  }

  /** What became of it, once it has ended. */
  get outcome(): ReadFile {
    const { name, underName } = this.claimed
    return {
      name,
      underName,
      identity: this.identity,
      writtenState: this.settling?.endState,
      hasFailed: this.hasFailed
    }
  }

  private know(status: BigIntStats | undefined, isCompressed: boolean): void {
    if (this.claimed.position !== undefined) this.start = { ...this.claimed.position, lineEnd: '\n' }
    if (status === undefined) return
    this.identity = fileIdentity(status)
    this.sizeBytes = Number(status.size)
    this.stored = { device: String(status.dev), inode: String(status.ino), isCompressed }
  }

  private linkStatus(): BigIntStats | undefined {
    try {
      return this.settings.fileSystem.lstatSync(this.file)
    } catch {
      // Somebody has taken it away.
      return undefined
    }
  }

  private begin(descriptor: number, isCompressed: boolean): this | Promise<this> {
    const { fileSystem, clock, settleMilliseconds, log } = this.settings
    const { offset, lineNumber } = this.start
    const plain = new DescriptorReader(fileSystem, descriptor, this.name, true, isCompressed ? 0 : offset)
    this.settling = new SettlingReader(plain, descriptor, this.claimed.writtenState, {
      fileSystem,
      clock,
      settleMilliseconds,
      onWait: () =>
        log(
          `${quote(this.name)} is still being written: it is read on until it has not changed for ${settleMilliseconds} ms; other files wait`
        )
    })
    if (!isCompressed) {
      this.reader = new WholeLinesReader(this.settling)
      try {
        this.start = { offset, lineNumber, lineEnd: lineEndBefore(fileSystem, descriptor, offset) }
      } catch (cause) {
        this.fail(`it cannot be read: ${systemErrorReason(cause)}`)
      }
      return this
    }
    const text = new GzipReader(this.settling, this.name)
    this.reader = new WholeLinesReader(text)
    return offset === 0 ? this : this.skip(text, offset)
  }

  private async skip(text: ByteReader, offset: number): Promise<this> {
    try {
      const lineEnd = await skipText(text, offset)
      if (lineEnd !== undefined) this.start = { ...this.start, lineEnd }
      else if (!this.isClosed) this.fail(`it holds less text than the ${offset} bytes that had been read of it`)
    } catch (cause) {
      this.fail(reasonOf(cause))
    }
    return this
  }

  private ended(count: number): number {
    if (count > 0) this.retries = 0
    else if (!this.isClosed) this.endsFile = true
    return count
  }

  private stumble(cause: unknown, target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.isClosed) return 0
    if (cause instanceof SourceError && cause.retryable && this.retries < RETRIES_AFTER_MILLISECONDS.length) {
      const milliseconds = RETRIES_AFTER_MILLISECONDS[this.retries]
      this.retries += 1
      return sleep(milliseconds).then(() => this.read(target, offset, length))
    }
    this.fail(reasonOf(cause))
    return this.ended(0)
  }

  /** Throws when the note cannot be kept: the run must not go on as if the file were whole. */
  private fail(reason: string): void {
    const readTo = this.start.offset + (this.reader?.givenBytes ?? 0)
    const text = `${reason.startsWith('it ') ? `${quote(this.name)}: ${reason}` : reason}
It was not read any further. ${readTo} bytes of its text have been processed, whole lines only.
`
    const inode = this.stored?.inode
    if (inode !== undefined) this.settings.noteFailure(inode, text)
    this.hasFailed = true
    this.settings.log(`${text.trimEnd().replaceAll('\n', ' ')} It goes to ${quote(this.settings.quarantine)}.`)
  }

  private headOf(descriptor: number): Uint8Array {
    const head = new Uint8Array(HEAD_BYTES)
    try {
      return head.subarray(0, this.settings.fileSystem.readSync(descriptor, head, 0, HEAD_BYTES, 0))
    } catch {
      // The first read fails as well, and says so.
      return head.subarray(0, 0)
    }
  }

  private faultOf(status: BigIntStats, head: Uint8Array, isCompressed: boolean): string | undefined {
    if (!status.isFile()) return 'it is no regular file any more'
    const { compression } = this.settings
    if (!isCompressed && this.start.offset > Number(status.size))
      return `it was cut to ${status.size} bytes after ${this.start.offset} had been read of it`
    if (compression === 'gzip' && !isCompressed && head.length > 0) return 'it is not gzip data'
    const format = compression === 'none' ? undefined : unreadableFormat(head)
    return format === undefined ? undefined : `it holds ${format} data. Decompress it first, or set compression: none`
  }
}

/** Of descriptors or memory: it passes, and says nothing about the file. */
export function isShortage(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && ['EMFILE', 'ENFILE', 'ENOMEM'].includes(String(cause.code))
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
