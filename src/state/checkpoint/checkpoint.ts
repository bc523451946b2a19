// A checkpoint as data: one instant of a run, to which everything that it did can be brought back.
//
// Positions, lengths and counts are all of the same snapshot. A run that goes on from it reads each input from its
// offset, after each output was cut back to its length: so every line behind it comes out once.

import type { LogPosition } from '../dead-letter-log/layout.ts'

export interface Checkpoint {
  /** Since 1970; shown, never compared. */
  readonly atMilliseconds: number
  /** Of the pipeline that ran. */
  readonly configHash: string
  /** Finite input was read to its end, and all of it is settled: there is nothing to go on with. */
  readonly isComplete: boolean
  readonly lanes: readonly LaneCheckpoint[]
  readonly inputs: readonly InputCheckpoint[]
  readonly sinks: readonly SinkCheckpoint[]
  /** Where the next dead letter goes. */
  readonly deadLetters: LogPosition
  readonly processors: readonly ProcessorCheckpoint[]
}

export interface LaneCheckpoint {
  readonly epoch: number
  readonly snapshotSequence: number
  /** What goes on counting across a resume. */
  readonly counters: readonly CounterGroup[]
}

export interface CounterGroup {
  readonly of: 'lane' | 'node' | 'edge'
  /** Of the node; from and to of an edge; empty for the lane. */
  readonly name: string
  /** By our own names, never by those of users. */
  readonly values: Readonly<Record<string, number>>
}

export interface InputCheckpoint {
  readonly sourceNumber: number
  /** As shown to users. */
  readonly name: string
  /** Everything before it is settled. In bytes of text: decompressed ones where the file is compressed. */
  readonly offset: number
  /** Of the last line before the offset; 0 at the start. */
  readonly lineNumber: number
  /** Read to its end: the next input goes on from its start. */
  readonly isFinished: boolean
  /** Not for inputs that are no regular file. */
  readonly file?: InputFile | undefined
}

export interface SinkCheckpoint {
  readonly name: string
  /** Not for sinks that cannot be cut back. */
  readonly file?: SinkFile | undefined
}

export interface ProcessorCheckpoint {
  readonly name: string
  /** A JSON value, known to the processor only. */
  readonly state: unknown
}

export interface FilePlace {
  /** Absolute. */
  readonly path: string
  /** In decimal digits: both may be larger than a number holds. */
  readonly device: string
  readonly inode: string
}

/** What a file held at some place, without holding it. */
export interface Mark {
  readonly byteCount: number
  readonly sha256: string
}

export interface InputFile extends FilePlace {
  readonly isCompressed: boolean
  /** Of the first bytes. */
  readonly head: Mark
  /** In the file as it is stored: the offset of a plain file; of a compressed one the size that it had. */
  readonly storedOffset: number
  /** Of the bytes before `storedOffset`. */
  readonly before: Mark
}

export interface SinkFile extends FilePlace {
  readonly length: number
  /** When it was made, in nanoseconds since 1970: an inode that is used again has another. Where the system tells it. */
  readonly bornNanoseconds?: string
  /** The run had ended, and the file had no byte more: whatever became of it since, there is nothing to cut off it. */
  readonly isAtRest?: boolean
  /** Of the bytes before `length`. */
  readonly before: Mark
}
