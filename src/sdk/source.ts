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
  /** Number of the file in the ids of its lines and in checkpoints; without it the inputs are counted from 0. */
  readonly sourceNumber?: number
  /** Where in the file the first byte of `read` lies; 0 without it. Always the start of a line. */
  readonly start?: TextPlace
  /** The regular file behind it, by which a checkpoint knows it again. */
  readonly stored?: StoredFile | undefined
  /** Asked when it has ended: false when a later input goes on with the same file. True without it. */
  readonly endsFile?: boolean
  /**
   * Copies at most `length` bytes to `target` from `offset` on and returns how many; 0 is the end of the input.
   * A promise means that nothing is at hand now. Throws (or rejects with) a SourceError.
   */
  read(target: Uint8Array, offset: number, length: number): number | Promise<number>
  /** Ends a pending read with 0 and frees what is open. May be called twice. */
  close(): void
}

/** A place between two lines of an input's text (of a compressed file: decompressed). */
export interface TextPlace {
  /** Bytes before it. */
  readonly offset: number
  /** Lines before it. */
  readonly lineNumber: number
  /** How the line before it ends; `\n` at the start. */
  readonly lineEnd: '\n' | '\r\n'
}

export interface StoredFile {
  /** In decimal digits: both may be larger than a number holds. */
  readonly device: string
  readonly inode: string
  readonly isCompressed: boolean
}

/** Where a run stood with one file, when another run (or a restarted lane) goes on from there. */
export interface InputPosition {
  readonly sourceNumber: number
  readonly name: string
  /** Absolute; undefined for what is no file. */
  readonly path: string | undefined
  readonly stored: StoredFile | undefined
  /** The file's first bytes: their number and hash (SHA-256, hex). */
  readonly head: { readonly byteCount: number; readonly sha256: string } | undefined
  /** Everything before it is settled. */
  readonly offset: number
  readonly lineNumber: number
  /** It was read to its end, and all of it is settled. */
  readonly isFinished: boolean
}

export interface Source {
  /** The next input in order, or undefined after the last. Called when the one before has ended. */
  next(): ByteInput | undefined | Promise<ByteInput | undefined>
  /** Sum of the inputs' sizes in bytes, when all are known. */
  readonly totalBytes: number | undefined
  /**
   * All lines of the file with this number are settled and their results are durable: it may be moved away. Called once
   * for each input that ended with `endsFile`, in order; a checkpoint names the file until `release` is called for it.
   */
  committed?(sourceNumber: number): void
  close(): void
}

export interface SourceSetup {
  /** Folder that relative paths start from. */
  readonly baseFolder: string
  /** Paths of all files that the sinks write: reading one of them is refused. */
  readonly outputFiles: readonly string[]
  /** What the checkpoint says, when the run goes on from one: every file that it names. Undefined: begin afresh. */
  readonly resume?: readonly InputPosition[] | undefined
  /**
   * For a source with `committed`: the file with this number is done with, no checkpoint need name it any more. Missing
   * where nobody commits.
   */
  release?(sourceNumber: number): void
  /** One line for the user while the run goes on: a file was rotated, truncated, cannot be read. */
  log?(message: string): void
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
