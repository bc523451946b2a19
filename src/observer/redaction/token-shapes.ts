// Masks what is secret by its shape, whatever stands before it: JSON web tokens, keys of well-known services, private
// keys, passwords in URLs. No pattern has anything behind a part of unbounded length, so each takes one pass.

import { MASK } from '../../base/redaction.ts'

/** A prefix, and how what follows goes on: `[characters, fewest]`. */
const SHAPES: readonly (readonly [prefix: string, rest: string, fewest: number])[] = [
  ['gh[pousr]_', '[A-Za-z0-9]', 20],
  ['github_pat_', '\\w', 20],
  ['gl(?:pat|ptt|dt|rt|cbt|oas|soat)-', '[\\w.-]', 16],
  ['xox[abeoprs]-', '[\\w-]', 10],
  ['xapp-', '[\\w-]', 10],
  ['hooks\\.slack\\.com\\/services\\/', '[A-Za-z0-9/]', 10],
  ['sk-', '[\\w-]', 16],
  ['[sr]k_(?:live|test)_', '[A-Za-z0-9]', 10],
  ['whsec_', '[A-Za-z0-9+/=]', 10],
  ['A(?:KIA|SIA|BIA|CCA|GPA|IDA|ROA|IPA|NPA|NVA)', '[A-Z0-9]', 16],
  ['AIza', '[\\w-]', 30],
  ['ya29\\.', '[\\w.-]', 16],
  ['GOCSPX-', '[\\w-]', 16],
  ['npm_', '[A-Za-z0-9]', 30],
  ['pypi-', '[\\w-]', 16],
  ['SG\\.', '[\\w.-]', 32],
  ['do[opr]_v1_', '[a-f0-9]', 32],
  ['shp(?:at|ca|pa|ss)_', '[a-fA-F0-9]', 24],
  ['hf_', '[A-Za-z0-9]', 20],
  ['hv[sbr]\\.', '[\\w-]', 20],
  ['AGE-SECRET-KEY-1', '[A-Z0-9]', 20]
]

const BEFORE = '(?<![A-Za-z0-9])'
const SHAPE = new RegExp(
  `${BEFORE}(?:${SHAPES.map(([prefix, rest, least]) => `${prefix}${rest}{${least},}`).join('|')})`,
  'g'
)
const CUT_SHAPE = new RegExp(
  `${BEFORE}(?:${SHAPES.map(([prefix, rest]) => `${prefix}${rest}*`).join('|')}|eyJ[\\w.-]*)$`
)
/** What a cut off token has left is shorter than the fewest characters of any shape. */
const CUT_LENGTH = 80

/** Base64 of `{"`: a JSON web token, or a part of one. */
const WEB_TOKEN = /eyJ[A-Za-z0-9_-]{12,}(?:\.[A-Za-z0-9_-]+)*\.?/g
const BEARER = /\b(Bearer(?:[ \t]+|%20))([A-Za-z0-9._~+/=-]{8,})/gi
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}?PRIVATE KEY/g
const END_OF_KEY = /-----END [A-Z0-9 ]{0,50}-----/g
/** A line of a private key that was split at its line ends. */
const KEY_LINE = /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{64}(?![A-Za-z0-9+/=])/g
const MIXED = /(?=.*[a-z])(?=.*[A-Z])(?=.*\d)/

export function maskTokens(text: string, isCut: boolean): string {
  let shown = maskPrivateKeys(text)
  if (shown.includes('eyJ')) shown = shown.replace(WEB_TOKEN, MASK)
  shown = shown.replace(KEY_LINE, line => (MIXED.test(line) ? MASK : line))
  shown = shown.replace(SHAPE, token => (/\d/.test(token) ? MASK : token))
  shown = shown.replace(BEARER, (all, scheme: string, token: string) => (looksRandom(token) ? scheme + MASK : all))
  return isCut ? maskCutToken(shown) : shown
}

function looksRandom(token: string): boolean {
  return token.length >= 20 || /[^A-Za-z.]/.test(token)
}

function maskCutToken(text: string): string {
  const from = Math.max(0, text.length - CUT_LENGTH)
  return text.slice(0, from) + text.slice(from).replace(CUT_SHAPE, MASK)
}

function maskPrivateKeys(text: string): string {
  if (!text.includes('-----BEGIN ')) return text
  let result = ''
  let shownTo = 0
  PRIVATE_KEY.lastIndex = 0
  for (let match = PRIVATE_KEY.exec(text); match !== null; match = PRIVATE_KEY.exec(text)) {
    END_OF_KEY.lastIndex = match.index
    const end = END_OF_KEY.exec(text)
    result += text.slice(shownTo, match.index) + MASK
    shownTo = end === null ? text.length : END_OF_KEY.lastIndex
    PRIVATE_KEY.lastIndex = shownTo
  }
  return result + text.slice(shownTo)
}

const LONGEST_AUTHORITY = 512
const AUTHORITY_ENDS = /[\s/?#"'<>`\\]/

/** `https://user:password@host`: the password. */
export function maskUrlPasswords(text: string, isCut: boolean): string {
  let result = ''
  let shownTo = 0
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    const start = at + 3
    const end = endOfAuthority(text, start)
    const authority = text.slice(start, end)
    const passwordStart = start + authority.indexOf(':') + 1
    if (passwordStart === start) continue
    const sign = authority.lastIndexOf('@')
    const isCutOff = isCut && end === text.length && sign === -1 && !/^\d*$/.test(text.slice(passwordStart))
    const passwordEnd = isCutOff ? end : start + sign
    if (passwordEnd <= passwordStart) continue
    result += text.slice(shownTo, passwordStart) + MASK
    shownTo = passwordEnd
  }
  return shownTo === 0 ? text : result + text.slice(shownTo)
}

function endOfAuthority(text: string, start: number): number {
  const last = Math.min(text.length, start + LONGEST_AUTHORITY)
  let end = start
  while (end < last && !AUTHORITY_ENDS.test(text[end])) end++
  return end
}
