// The bytes of a file up to where its writer has left it. At the end of a file that was written to since it was found
// complete, or for which that is not known, the reading waits until nothing has changed for the settle time.

import { setTimeout as sleep } from 'node:timers/promises'

import type { ByteReader } from '../../base/byte-reader.ts'
import type { FileSystem } from '../../base/file-system.ts'
import type { Clock } from './clock.ts'
import { restMilliseconds, writtenState } from './completeness.ts'

export interface SettlingSettings {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly settleMilliseconds: number
  /** Called once, before the first wait. */
  readonly onWait: () => void
}

export class SettlingReader implements ByteReader {
  readonly rewind: (() => void) | undefined
  /** As `writtenState` of the file as it was read; undefined before the end. */
  endState: string | undefined
  private readonly raw: ByteReader
  private readonly descriptor: number
  private readonly settings: SettlingSettings
  /** As it was when it was last looked at. */
  private knownState: string | undefined
  private hasWaited = false
  private readonly closing = new AbortController()

  /** `descriptor` is that of the reader, which owns it. */
  constructor(raw: ByteReader, descriptor: number, foundState: string | undefined, settings: SettlingSettings) {
    this.raw = raw
    this.rewind = raw.rewind
    this.descriptor = descriptor
    this.knownState = foundState
    this.settings = settings
  }

  get readBytes(): number {
    return this.raw.readBytes
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    const count = this.raw.read(target, offset, length)
    if (count !== 0 || this.closing.signal.aborted) return count
    const { fileSystem, settleMilliseconds, clock } = this.settings
    const status = fileSystem.fstatSync(this.descriptor)
    // What was written before this look is there now.
    const more = this.raw.read(target, offset, length)
    if (more !== 0) return more
    const state = writtenState(status)
    const rest = state === this.knownState ? 0 : restMilliseconds(status.mtimeNs, settleMilliseconds, clock)
    this.knownState = state
    if (rest > 0) return this.waitForMore(rest, target, offset, length)
    this.endState = state
    return 0
  }

  close(): void {
    this.closing.abort()
    this.raw.close()
  }

  private async waitForMore(milliseconds: number, target: Uint8Array, offset: number, length: number): Promise<number> {
    if (!this.hasWaited) this.settings.onWait()
    this.hasWaited = true
    // Told of the end by the abort.
    await sleep(milliseconds, undefined, { signal: this.closing.signal }).catch(() => {})
    return this.read(target, offset, length)
  }
}
