// A dead letter as bytes and back.
//
//    0  version        u8
//    1  flags          u8, below
//    2  value          u8: what the value before the step is, below
//    3  zero           u8
//    4  atMilliseconds f64
//   12  lineNumber     f64
//   20  offset         f64
//   28  byteLength     f64, of the original line in its source
//   36  id, processor, tag, source, configHash, [file], [replayOf]
//       original bytes, [sha256: 32 bytes], [value]
//       [error: name, message, [stack], [code]]
//       u32 attempts, each: u32 attempt, f64 atMilliseconds, message
//       u32 names of the journey, each a text
//
// A text is a u32 length in bytes and UTF-8; bytes are a u32 length and themselves. What stands in brackets is there when
// its flag says so. All numbers are little-endian.

import type { DeadLetter, LetterAttempt, LetterError, LetterValue } from './letter.ts'

/** Bumped with every change above; what is written with an older one stays readable. */
const LETTER_VERSION = 1

const UNMATCHED = 1
const HAS_FILE = 2
const IS_CUT = 4
const IS_REPLAY = 8
const HAS_ERROR = 16
const HAS_STACK = 32
const HAS_CODE = 64

const SAME_AS_ORIGINAL = 0
const TEXT = 1
/** A record, or a text with half a surrogate pair, which UTF-8 cannot hold. */
const JSON_TEXT = 2

const FIXED_BYTES = 36
const SHA256_BYTES = 32
const LENGTH_BYTES = 4
const ATTEMPT_BYTES = 4 + 8

/** At most this many bytes are written by `encodeLetter`. */
export function letterBytesAtMost(letter: DeadLetter, value: string): number {
  const { error } = letter
  let units = value.length + letter.id.length + letter.processor.length + letter.tag.length + letter.source.length
  units += letter.configHash.length + (letter.file?.length ?? 0) + (letter.replayOf?.length ?? 0)
  if (error !== undefined) {
    units += error.name.length + error.message.length + (error.stack?.length ?? 0) + (error.code?.length ?? 0)
  }
  for (const { message } of letter.attempts) units += message.length
  for (const name of letter.journey) units += name.length
  const parts = 15 + 2 * letter.attempts.length + letter.journey.length
  const numbers = FIXED_BYTES + SHA256_BYTES + LENGTH_BYTES * parts + ATTEMPT_BYTES * letter.attempts.length
  // A UTF-16 unit takes at most three bytes of UTF-8.
  return numbers + letter.original.bytes.length + 3 * units
}

/** The value before the step as it is stored; empty when it is the original line's text. */
export function valueText({ valueBefore: value }: DeadLetter): string {
  if (value === undefined) return ''
  return isPlainText(value) ? value : JSON.stringify(value)
}

/** Writes the letter, whose value is `valueText(letter)`, and returns where it ends. */
export function encodeLetter(target: Buffer, start: number, letter: DeadLetter, value: string): number {
  const { original, error } = letter
  const isSame = letter.valueBefore === undefined
  target[start] = LETTER_VERSION
  target[start + 1] = flagsOf(letter)
  target[start + 2] = isSame ? SAME_AS_ORIGINAL : value === letter.valueBefore ? TEXT : JSON_TEXT
  target[start + 3] = 0
  target.writeDoubleLE(letter.atMilliseconds, start + 4)
  target.writeDoubleLE(letter.lineNumber, start + 12)
  target.writeDoubleLE(letter.offset, start + 20)
  target.writeDoubleLE(original.byteLength, start + 28)

  let end = start + FIXED_BYTES
  end = writeText(target, end, letter.id)
  end = writeText(target, end, letter.processor)
  end = writeText(target, end, letter.tag)
  end = writeText(target, end, letter.source)
  end = writeText(target, end, letter.configHash)
  if (letter.file !== undefined) end = writeText(target, end, letter.file)
  if (letter.replayOf !== undefined) end = writeText(target, end, letter.replayOf)
  end = target.writeUInt32LE(original.bytes.length, end)
  target.set(original.bytes, end)
  end += original.bytes.length
  if (original.sha256 !== undefined) end += target.write(original.sha256, end, SHA256_BYTES, 'hex')
  if (!isSame) end = writeText(target, end, value)
  if (error !== undefined) {
    end = writeText(target, end, error.name)
    end = writeText(target, end, error.message)
    if (error.stack !== undefined) end = writeText(target, end, error.stack)
    if (error.code !== undefined) end = writeText(target, end, error.code)
  }
  end = target.writeUInt32LE(letter.attempts.length, end)
  for (const attempt of letter.attempts) {
    end = target.writeUInt32LE(attempt.attempt, end)
    end = target.writeDoubleLE(attempt.atMilliseconds, end)
    end = writeText(target, end, attempt.message)
  }
  end = target.writeUInt32LE(letter.journey.length, end)
  for (const name of letter.journey) end = writeText(target, end, name)
  return end
}

/** A letter, or a record of discards, that a newer Linescope has written. */
export class UnknownVersionError extends Error {
  override readonly name = 'UnknownVersionError'

  constructor(version: number) {
    super(`it has version ${version}, which this Linescope does not know`)
  }
}

/** Throws when the bytes are not one whole letter of a version that is known here. */
export function decodeLetter(payload: Buffer): DeadLetter {
  const version = payload.readUInt8(0)
  if (version !== LETTER_VERSION) throw new UnknownVersionError(version)
  const flags = payload.readUInt8(1)
  const has = (flag: number) => (flags & flag) !== 0
  const parts = new Parts(payload, FIXED_BYTES)

  const id = parts.text()
  const processor = parts.text()
  const tag = parts.text()
  const source = parts.text()
  const configHash = parts.text()
  const file = has(HAS_FILE) ? parts.text() : undefined
  const replayOf = has(IS_REPLAY) ? parts.text() : undefined
  // A copy: the payload's memory is used again.
  const bytes = new Uint8Array(parts.bytes(parts.number()))
  const sha256 = has(IS_CUT) ? parts.bytes(SHA256_BYTES).toString('hex') : undefined
  const valueBefore = readValue(payload.readUInt8(2), parts)
  const error: LetterError | undefined = has(HAS_ERROR)
    ? {
        name: parts.text(),
        message: parts.text(),
        stack: has(HAS_STACK) ? parts.text() : undefined,
        code: has(HAS_CODE) ? parts.text() : undefined
      }
    : undefined
  const attempts = parts.list((): LetterAttempt => {
    return { attempt: parts.number(), atMilliseconds: parts.double(), message: parts.text() }
  })
  const journey = parts.list(() => parts.text())
  parts.expectEnd()

  return {
    kind: has(UNMATCHED) ? 'unmatched' : 'dead',
    id,
    original: { bytes, byteLength: payload.readDoubleLE(28), sha256 },
    valueBefore,
    processor,
    tag,
    error,
    attempts,
    journey,
    source,
    file,
    lineNumber: payload.readDoubleLE(12),
    offset: payload.readDoubleLE(20),
    atMilliseconds: payload.readDoubleLE(4),
    configHash,
    replayOf
  }
}

function isPlainText(value: LetterValue): value is string {
  return typeof value === 'string' && value.isWellFormed()
}

function flagsOf({ kind, file, original, replayOf, error }: DeadLetter): number {
  return (
    (kind === 'unmatched' ? UNMATCHED : 0) |
    (file === undefined ? 0 : HAS_FILE) |
    (original.sha256 === undefined ? 0 : IS_CUT) |
    (replayOf === undefined ? 0 : IS_REPLAY) |
    (error === undefined ? 0 : HAS_ERROR) |
    (error?.stack === undefined ? 0 : HAS_STACK) |
    (error?.code === undefined ? 0 : HAS_CODE)
  )
}

function readValue(kind: number, parts: Parts): LetterValue | undefined {
  if (kind === SAME_AS_ORIGINAL) return undefined
  const text = parts.text()
  return kind === TEXT ? text : (JSON.parse(text) as LetterValue)
}

function writeText(target: Buffer, start: number, text: string): number {
  const length = target.write(text, start + LENGTH_BYTES)
  target.writeUInt32LE(length, start)
  return start + LENGTH_BYTES + length
}

/** Reads one part after the other; throws where the payload is too short. */
class Parts {
  readonly #payload: Buffer
  #position: number

  constructor(payload: Buffer, position: number) {
    this.#payload = payload
    this.#position = position
  }

  number(): number {
    this.#position += LENGTH_BYTES
    return this.#payload.readUInt32LE(this.#position - LENGTH_BYTES)
  }

  double(): number {
    this.#position += 8
    return this.#payload.readDoubleLE(this.#position - 8)
  }

  bytes(length: number): Buffer {
    const start = this.#position
    this.#position += length
    if (this.#position > this.#payload.length) throw new RangeError('it ends too early')
    return this.#payload.subarray(start, this.#position)
  }

  text(): string {
    return this.bytes(this.number()).toString()
  }

  list<Item>(read: () => Item): Item[] {
    const items: Item[] = []
    for (let count = this.number(); count > 0; count--) items.push(read())
    return items
  }

  expectEnd(): void {
    if (this.#position !== this.#payload.length) throw new RangeError('it goes on after its end')
  }
}
