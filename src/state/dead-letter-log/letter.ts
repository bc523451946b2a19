// What is kept of a line that failed for good (`dead`) or that was emitted under a tag that names nothing (`unmatched`).

/** A value inside the pipeline: text, or a record of JSON values. */
export type LetterValue = string | { readonly [key: string]: unknown } | readonly unknown[]

export interface OriginalLine {
  /** The line exactly as it stood in its source, its line end included; the first 64 KiB of it when it is cut. */
  readonly bytes: Uint8Array
  /** Bytes that the line had in its source. */
  readonly byteLength: number
  /** Of all of these bytes, in hex; undefined unless the line is cut. */
  readonly sha256: string | undefined
}

export interface LetterError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
}

export interface LetterAttempt {
  /** From 1. */
  readonly attempt: number
  /** Since 1970. */
  readonly atMilliseconds: number
  readonly message: string
}

export interface DeadLetter {
  readonly kind: 'dead' | 'unmatched'
  /** `<source number>:<byte offset>`, with `.n` for each fork. */
  readonly id: string
  readonly original: OriginalLine
  /** What the step was given; undefined when that was the text of the original line, unchanged. */
  readonly valueBefore: LetterValue | undefined
  /** Processor or sink that failed, or that emitted; empty when the engine itself refused the line. */
  readonly processor: string
  /** Tag under which the line came to the processor, or that nothing is named after. */
  readonly tag: string
  readonly error: LetterError | undefined
  /** The failed ones, the last one included. */
  readonly attempts: readonly LetterAttempt[]
  /** Names visited, in order. */
  readonly journey: readonly string[]
  /** As shown to users. */
  readonly source: string
  /** Absolute path, when the source is a file. */
  readonly file: string | undefined
  /** From 1. */
  readonly lineNumber: number
  readonly offset: number
  /** Since 1970. */
  readonly atMilliseconds: number
  readonly configHash: string
  /** Id of the letter that was replayed, when this line is a replay. */
  readonly replayOf: string | undefined
}

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/** The value that the step was given. */
export function valueBefore(letter: DeadLetter): LetterValue {
  return letter.valueBefore ?? originalText(letter)
}

/** The original line as the engine reads it: without line end, and without a byte order mark at the start of a source. */
export function originalText(letter: DeadLetter): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(originalTextBytes(letter))
}

export function originalTextBytes({ original: { bytes }, offset }: DeadLetter): Uint8Array {
  const start = offset === 0 && BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? 3 : 0
  let end = bytes.length
  if (bytes[end - 1] === NEWLINE) {
    end--
    if (bytes[end - 1] === CARRIAGE_RETURN) end--
  }
  return bytes.subarray(start, end)
}
