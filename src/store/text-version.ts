// Tells whether text was revealed in the same way: with the same pipeline, the same rules and the same values to mask.

import { createHash } from 'node:crypto'

import type { Redaction } from '../base/redaction.ts'

const HEX_DIGITS = 16

export function textVersionOf(
  configHash: string,
  secrets: readonly string[],
  redaction: Redaction | undefined
): string {
  const parts = JSON.stringify([configHash, secrets, redaction ?? null])
  return createHash('sha256').update(parts).digest('hex').slice(0, HEX_DIGITS)
}
