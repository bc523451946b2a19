// Names whose values are secret: `password`, `X-Api-Key`, `user[access_token]`. Found in one pass over a text.

import type { RedactionPreset } from '../../base/redaction.ts'

type Named = Extract<RedactionPreset, 'authorization' | 'cookies' | 'passwords' | 'tokens'>

const CORES: Readonly<Record<Named, string>> = {
  authorization: 'authorization',
  cookies: 'cookie|jsessionid|phpsessid|asp\\.net_sessionid|connect\\.sid',
  passwords: 'passw(?:or)?d|passphrase|passcode|passwort|kennwort|pwd|(?<![a-z0-9])pass(?=\\\\*["\'`\\]]|%|=)',
  tokens:
    'token(?!s)|secret|api[-_ ]?key|access[-_]?key|private[-_]?key|encryption[-_]?key|signing[-_]?key|account[-_]?key|' +
    'credential|signature|(?<=[?&])sig(?==)'
}

/** What may follow and leaves the name as secret as it is: `passwordHash`, `secret_access_key`, `password2`. */
const ENDING =
  's?(?:[-_]?(?:hash|value|confirmation|confirm|new|old|repeat|string|access[-_]?key|key|id(?=[-_]?token)|\\d{1,4}))?'
const NAME_CHARACTERS = /[\w.$@:-]/
const LONGEST_BEGINNING = 64

export interface SecretName {
  readonly kind: Named
  /** Of the whole name: `x-amz-security-token`. */
  readonly start: number
  readonly end: number
}

/** Finds the next name at or after an index. */
export type FindName = (text: string, from: number) => SecretName | undefined

/** Undefined when no preset knows values by a name. */
export function nameFinder(presets: readonly RedactionPreset[]): FindName | undefined {
  const kinds = (Object.keys(CORES) as Named[]).filter(kind => presets.includes(kind))
  if (kinds.length === 0) return undefined
  const pattern = new RegExp(`(?:${kinds.map(kind => `(${CORES[kind]})`).join('|')})${ENDING}(?![\\w-])`, 'gi')
  return (text, from) => {
    pattern.lastIndex = from
    const match = pattern.exec(text)
    if (match === null) return undefined
    const kind = kinds[match.slice(1).findIndex(group => group !== undefined)]
    return { kind, start: beginningOf(text, match.index, from), end: match.index + match[0].length }
  }
}

function beginningOf(text: string, index: number, from: number): number {
  let start = index
  const first = Math.max(from, index - LONGEST_BEGINNING)
  while (start > first && NAME_CHARACTERS.test(text[start - 1])) start--
  // The digits of a code before the name are none of it: `%22password`, `\\u0022password`.
  if (text[start - 1] === '%') return Math.min(index, start + 2)
  return text[start - 1] === '\\' && text.startsWith('u0022', start) ? Math.min(index, start + 5) : start
}
