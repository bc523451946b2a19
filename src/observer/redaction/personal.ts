// Masks e-mail addresses and card numbers. Both look at a bounded part of the text around each candidate.

import { MASK } from '../../base/redaction.ts'
import { quoteBefore } from './quoting.ts'

const AT_SIGN = /@|%40/g
const LONGEST_LOCAL_PART = 64
const LOCAL_PART = /[^\s@"'`<>()[\],;:=&?|\\/%{}*]/
const DOMAIN = /(?:[\p{L}\p{N}][\p{L}\p{N}-]{0,62}\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/uy
const CUT_DOMAIN = /[\p{L}\p{N}.-]{0,255}$/uy

export function maskEmails(text: string, isCut: boolean): string {
  let result = ''
  let shownTo = 0
  AT_SIGN.lastIndex = 0
  for (let sign = AT_SIGN.exec(text); sign !== null; sign = AT_SIGN.exec(text)) {
    const domainStart = AT_SIGN.lastIndex
    let start = sign.index
    const first = Math.max(shownTo, start - LONGEST_LOCAL_PART)
    while (start > first && LOCAL_PART.test(text[start - 1])) start--
    if (start === sign.index) continue
    DOMAIN.lastIndex = domainStart
    CUT_DOMAIN.lastIndex = domainStart
    const end = DOMAIN.test(text) ? DOMAIN.lastIndex : isCut && CUT_DOMAIN.test(text) ? text.length : undefined
    if (end === undefined) continue
    result += text.slice(shownTo, start) + MASK
    shownTo = end
    AT_SIGN.lastIndex = end
  }
  return shownTo === 0 ? text : result + text.slice(shownTo)
}

/** In one piece, in fours, or as American Express prints its numbers. The digits of a fraction are none of a card. */
const CARD = /(?<!\d|\d\.)(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})(?!\d)/g
const CUT_CARD = /(?<!\d|\d\.)\d(?:[ -]?\d){6,18}$/
/** First digits of the cards that are in use. */
const ISSUERS = /^(?:[3-6]|2[2-7]|8[16])/

export function maskCards(text: string, isCut: boolean): string {
  let result = ''
  let shownTo = 0
  CARD.lastIndex = 0
  for (let match = CARD.exec(text); match !== null; match = CARD.exec(text)) {
    const digits = match[0].replace(/\D/g, '')
    if (ISSUERS.test(digits) && isLuhn(digits)) {
      result += text.slice(shownTo, match.index) + inJson(text, match.index, MASK)
      shownTo = match.index + match[0].length
    } else {
      // A card may begin at the next group.
      CARD.lastIndex = match.index + /^\d+/.exec(match[0])![0].length
    }
  }
  const shown = shownTo === 0 ? text : result + text.slice(shownTo)
  if (!isCut) return shown
  const from = Math.max(0, shown.length - 64)
  return shown.slice(0, from) + shown.slice(from).replace(CUT_CARD, MASK)
}

/** A number under a key of JSON becomes a text there. */
function inJson(text: string, index: number, shown: string): string {
  const colon = text[index - 1] === ' ' ? index - 2 : index - 1
  const quote = text[colon] === ':' ? quoteBefore(text, colon) : undefined
  return quote === undefined ? shown : quote.text + shown + quote.text
}

function isLuhn(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
