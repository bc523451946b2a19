// Bytes of a line as text for a terminal, so that a person sees which bytes they are.

import { isUtf8 } from 'node:buffer'

import { safe } from '../output.ts'

/** Control characters and what is not UTF-8 by their codes, a line end as `\r\n` or `\n`. */
export function escapeBytes(bytes: Uint8Array): string {
  const text = isUtf8(bytes) ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : partlyText(bytes)
  return oneLine(text)
}

/** Text on one line of a terminal; cut where it is longer than so many characters. */
export function oneLine(text: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  // Twice as many units hold that many characters even when each is a surrogate pair.
  const start = text.length > 2 * maxCharacters + 2 ? text.slice(0, 2 * maxCharacters + 2) : text
  const characters = [...start]
  const shown = characters.length > maxCharacters ? `${characters.slice(0, maxCharacters - 1).join('')}…` : text
  return safe(shown.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t'))
}

function partlyText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer[at])
    const isText = length > 0 && at + length <= buffer.length && isUtf8(buffer.subarray(at, at + length))
    text += isText ? buffer.toString('utf8', at, at + length) : `\\x${buffer[at].toString(16).padStart(2, '0')}`
    at += isText ? length : 1
  }
  return text
}

/** Of a character in UTF-8 by its first byte; 0 for a byte that begins none. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1
  if (first < 0xc2) return 0
  if (first < 0xe0) return 2
  return first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
}
