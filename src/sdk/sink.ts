// What the author of a sink writes. The engine encodes the lines, in input order, and hands over bytes.

import type { z } from 'zod'

export interface Sink {
  /**
   * Takes all the bytes, which end at the end of a line, or throws. When it returns (or its promise resolves) every
   * byte was accepted in full: these lines are `delivered`. The bytes are valid only until then.
   */
  write(bytes: Uint8Array): void | Promise<void>
  /** Bytes in the file so far, for sinks that can be cut back; undefined for others. */
  readonly length: number | undefined
  /** Tells the file that it writes from all others (see `fileIdentity`), for sinks that can be opened again. */
  readonly identity?: string | undefined
  /**
   * Its file was renamed or deleted by somebody: goes on in the file that its path leads to now, which it makes when
   * there is none. When it throws, it goes on as before.
   */
  reopen?(): void
  close(): void | Promise<void>
}

export interface SinkSetup {
  readonly name: string
  readonly baseFolder: string
  /** True for a fresh start on finite files: a sink's file is replaced, else appended to. */
  readonly replace: boolean
  /** True when this run has opened the sink before (a restarted lane, a resume): it appends, whatever its mode says. */
  readonly isContinued?: boolean
  /** Sleeps the thread, for a sink that must wait and may not return early (EAGAIN on a pipe). */
  blockThread(milliseconds: number): void
}

export interface SinkDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly summary: string
  readonly options: Schema
  /** Absolute path of the file that it writes, when it writes one. */
  file?(options: z.output<Schema>, baseFolder: string): string | undefined
  /** Throws a UserError for what the user can mend: a missing folder, no permission. */
  open(options: z.output<Schema>, setup: SinkSetup): Sink
}

export function defineSink<Schema extends z.ZodType>(definition: SinkDefinition<Schema>): SinkDefinition<Schema> {
  return definition
}
