// A dead letter as one JSON object, in the words of the API. Everything in it passes `reveal`, which masks secrets.

import { isUtf8 } from 'node:buffer'

import { revealValue } from '../../base/reveal-value.ts'
import { revealStack, stackParts } from '../../base/stack.ts'
import { isCut, lineOf, type RevealText, tagOf } from './filter.ts'
import type { DeadLetter, LetterValue } from './letter.ts'
import type { StoredLetter } from './reader.ts'

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d

export function letterJson({ sequence, letter }: StoredLetter, reveal: RevealText) {
  const { original, error } = letter
  return {
    number: Number.isNaN(sequence) ? null : sequence,
    id: letter.id,
    kind: letter.kind,
    at: isoMoment(letter.atMilliseconds),
    // The engine itself refused a line of no processor.
    processor: letter.processor === '' ? null : letter.processor,
    tag: tagOf(letter, reveal),
    error:
      error === undefined
        ? null
        : {
            name: reveal(error.name),
            message: reveal(Buffer.from(error.message)),
            code: error.code === undefined ? null : reveal(error.code),
            stack: error.stack === undefined ? null : revealStack(stackParts(error.stack, error.message), reveal)
          },
    attempts: letter.attempts.map(({ attempt, atMilliseconds, message }) => ({
      attempt,
      at: isoMoment(atMilliseconds),
      message: reveal(Buffer.from(message))
    })),
    path: letter.journey,
    source: reveal(letter.source),
    file: letter.file === undefined ? null : reveal(letter.file),
    line_number: letter.lineNumber,
    offset: letter.offset,
    line: lineOf(letter, reveal),
    line_end: lineEnd(original.bytes),
    line_bytes: original.byteLength,
    line_is_cut: isCut(letter),
    line_sha256: original.sha256 ?? null,
    line_base64: isUtf8(original.bytes) ? null : base64(original.bytes, reveal),
    value: changedValueOf(letter, reveal) ?? null,
    config_hash: letter.configHash,
    replay_of: letter.replayOf ?? null
  }
}

/** ISO 8601 in UTC. A time that no clock can show becomes the epoch. */
export function isoMoment(atMilliseconds: number): string {
  const at = new Date(atMilliseconds)
  return Number.isNaN(at.getTime()) ? new Date(0).toISOString() : at.toISOString()
}

function lineEnd(bytes: Uint8Array): string {
  if (bytes[bytes.length - 1] !== NEWLINE) return ''
  return bytes[bytes.length - 2] === CARRIAGE_RETURN ? '\r\n' : '\n'
}

/** Null where it would show what `reveal` hides. */
function base64(bytes: Uint8Array, reveal: RevealText): string | null {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return reveal(bytes) === text ? Buffer.from(bytes).toString('base64') : null
}

/** The value that the step was given, when that was not the text of the line. */
export function changedValueOf({ valueBefore }: DeadLetter, reveal: RevealText): LetterValue | undefined {
  return valueBefore === undefined ? undefined : (revealValue(valueBefore, reveal) as LetterValue)
}
