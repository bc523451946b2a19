// What the author of a source writes. A source is a sequence of byte inputs; the engine frames the lines.

import type { z } from 'zod'

/**
 * One stream of bytes: a file, stdin, a generator. Read by one reader, in order.
 * The engine pulls, so backpressure needs no code here.
 */
export interface ByteInput {
  /** As shown to users: the path as they wrote it, or `stdin`. */
  readonly name: string
  /** Absolute path, when it is a file. */
  readonly file: string | undefined
  /** Bytes that a progress display may expect (before decompression), when known. */
  readonly sizeBytes: number | undefined
  /** Bytes taken from the underlying file so far (compressed ones for gzip). */
  readonly readBytes: number
  /** True when all of it can be read again from any position: a stop may then leave lines that it has read for later. */
  readonly canReadAgain?: boolean
  /**
   * Copies at most `length` bytes to `target` from `offset` on and returns how many; 0 is the end of the input.
   * A promise means that nothing is at hand now. Throws (or rejects with) a SourceError.
   */
  read(target: Uint8Array, offset: number, length: number): number | Promise<number>
  /** Ends a pending read with 0 and frees what is open. May be called twice. */
  close(): void
}

export interface Source {
  /** The next input in order, or undefined after the last. Called when the one before has ended. */
  next(): ByteInput | undefined | Promise<ByteInput | undefined>
  /** Sum of the inputs' sizes in bytes, when all are known. */
  readonly totalBytes: number | undefined
  close(): void
}

export interface SourceSetup {
  /** Folder that relative paths start from. */
  readonly baseFolder: string
  /** Paths of all files that the sinks write: reading one of them is refused. */
  readonly outputFiles: readonly string[]
}

export interface SourceDefinition<Schema extends z.ZodType = z.ZodType> {
  /** A noun: the system it reads from. */
  readonly name: string
  readonly summary: string
  readonly options: Schema
  /** `lane`: can be read again from a position, by the lane itself. `main`: cannot; main reads it. */
  readonly readBy: 'lane' | 'main'
  /** True when it never ends by itself, given these options. */
  isEndless(options: z.output<Schema>): boolean
  /** What a user should know before the first line ("lines are synthetic"), given these options. */
  notice?(options: z.output<Schema>): string | undefined
  /** Throws a UserError for what the user can mend: no such file, a folder, no permission, input = output. */
  open(options: z.output<Schema>, setup: SourceSetup): Source
}

export function defineSource<Schema extends z.ZodType>(definition: SourceDefinition<Schema>): SourceDefinition<Schema> {
  return definition
}
