// The only place that turns bytes of lines, errors and stacks into text for people. Whatever leaves the process by
// an answer, an export or a terminal has passed here, so this is where values that must not be seen are masked.

import { createHash } from 'node:crypto'

import { DEFAULT_REDACTION, MASK, type Redaction } from '../base/redaction.ts'
import { maskNamedValues } from './redaction/named-values.ts'
import { OwnPatterns } from './redaction/own-patterns.ts'
import { maskCards, maskEmails } from './redaction/personal.ts'
import { nameFinder } from './redaction/secret-names.ts'
import { maskTokens, maskUrlPasswords } from './redaction/token-shapes.ts'

/**
 * Bytes are the content of lines: with `payloads: off` only their length and hash are told. Text is what Linescope says
 * itself. Bytes that are not UTF-8 become U+FFFD. `isCut`: more bytes followed that are not here.
 */
export type Reveal = (content: Uint8Array | string, isCut?: boolean) => string

/** Shorter values cannot be told from ordinary text: masking every `8` would destroy what it is meant to protect. */
const SHORTEST_SECRET = 4
const HASH_DIGITS = 12

/** `secrets`: values that came from the environment into the pipeline file. */
export function createReveal(secrets: readonly string[] = [], redaction: Redaction = DEFAULT_REDACTION): Reveal {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const masked = spellings(secrets)
  const maskPresets = presetsMasker(redaction)
  const own = redaction.patterns.length === 0 ? undefined : new OwnPatterns(redaction.patterns)

  return (content, isCut = false) => {
    if (typeof content !== 'string' && !redaction.showsPayloads) return lengthAndHash(content, isCut)
    let text = typeof content === 'string' ? content : decoder.decode(content)
    for (const secret of masked) if (text.includes(secret)) text = text.replaceAll(secret, MASK)
    if (isCut) text = maskCutEnd(text, masked)
    if (own !== undefined) text = own.mask(text, isCut)
    return maskPresets(text, isCut)
  }
}

/** As they are, and as they stand in JSON and in a query. Longest first, so that none leaves the rest of another. */
function spellings(secrets: readonly string[]): string[] {
  const all = secrets
    .filter(secret => secret.length >= SHORTEST_SECRET)
    .flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())])
  return [...new Set(all)].sort((a, b) => b.length - a.length)
}

function presetsMasker({ presets }: Redaction): (text: string, isCut: boolean) => string {
  const findName = nameFinder(presets)
  const [tokens, passwords] = [presets.includes('tokens'), presets.includes('passwords')]
  const [email, cards] = [presets.includes('email'), presets.includes('cards')]
  return (text, isCut) => {
    let shown = text
    if (findName !== undefined) shown = maskNamedValues(shown, findName)
    if (tokens) shown = maskTokens(shown, isCut)
    if (passwords) shown = maskUrlPasswords(shown, isCut)
    if (email) shown = maskEmails(shown, isCut)
    if (cards) shown = maskCards(shown, isCut)
    return shown
  }
}

function lengthAndHash(content: Uint8Array, isCut: boolean): string {
  if (content.length === 0) return '[0 bytes]'
  const hash = createHash('sha256').update(content).digest('hex').slice(0, HASH_DIGITS)
  return `[${isCut ? 'first ' : ''}${content.length} bytes, SHA-256 ${hash}]`
}

/** Where a line was cut, a secret may have been cut too; its beginning is masked like the whole. */
function maskCutEnd(text: string, masked: readonly string[]): string {
  for (const secret of masked) {
    for (let length = secret.length - 1; length >= SHORTEST_SECRET; length--) {
      if (text.endsWith(secret.slice(0, length))) return text.slice(0, text.length - length) + MASK
    }
  }
  return text
}
