// A dead letter as one JSON object, in the words of the API.

import { isUtf8 } from 'node:buffer'
import { isCut, lineOf } from '../../state/dead-letter-log/filter.ts'

import type { StoredLetter } from '../../state/dead-letter-log/reader.ts'
import { BufferedOutput } from '../buffered-output.ts'
import { changedValueOf, type Reveal } from './letter-text.ts'

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d

/** One object a line, to stdout. */
export function printJsonLines(letters: Iterable<StoredLetter>, reveal: Reveal): void {
  const output = new BufferedOutput()
  for (const stored of letters) if (!output.write(`${JSON.stringify(letterJson(stored, reveal))}\n`)) break
  output.flush()
}

export type LetterJson = ReturnType<typeof letterJson>

export function letterJson({ sequence, letter }: StoredLetter, reveal: Reveal) {
  const { original, error } = letter
  return {
    number: Number.isNaN(sequence) ? null : sequence,
    id: letter.id,
    kind: letter.kind,
    at: isoMoment(letter.atMilliseconds),
    // The engine itself refused a line of no processor.
    processor: letter.processor === '' ? null : letter.processor,
    tag: letter.tag,
    error:
      error === undefined
        ? null
        : {
            name: reveal(error.name),
            message: reveal(error.message),
            code: error.code ?? null,
            stack: error.stack === undefined ? null : reveal(error.stack)
          },
    attempts: letter.attempts.map(({ attempt, atMilliseconds, message }) => ({
      attempt,
      at: isoMoment(atMilliseconds),
      message: reveal(message)
    })),
    path: letter.journey,
    source: reveal(letter.source),
    file: letter.file ?? null,
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
function base64(bytes: Uint8Array, reveal: Reveal): string | null {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return reveal(text) === text ? Buffer.from(bytes).toString('base64') : null
}
