// Masks the values of secret names: in JSON at any depth of quoting, headers, query strings, forms, `key=value`, YAML,
// XML, command lines and the printed objects of programming languages. One pass; it never goes back in the text, so a
// hostile line takes no longer than its length.

import { MASK } from '../../base/redaction.ts'
import { closingQuote, type QuoteMark, quoteAt, quoteBefore } from './quoting.ts'
import type { FindName, SecretName } from './secret-names.ts'

/** A part of the text that is not shown, and what is shown in its place. */
interface Hidden {
  readonly start: number
  readonly end: number
  readonly shown: string
}

export function maskNamedValues(text: string, findName: FindName): string {
  let result = ''
  let shownTo = 0
  let from = 0
  for (let name = findName(text, from); name !== undefined; name = findName(text, from)) {
    const hidden = hiddenValue(text, name)
    from = name.end
    if (hidden === undefined || hidden.end <= hidden.start) continue
    result += text.slice(shownTo, hidden.start) + hidden.shown
    shownTo = hidden.end
    from = hidden.end
  }
  return shownTo === 0 ? text : result + text.slice(shownTo)
}

const SEPARATOR = /:=|=>|->|={1,2}|:|%3[dDaA]/y
const LIST_SEPARATOR = /,|:=|=>|={1,2}|:|%3[dDaA]|%2[cC]/y
const SPACES = /[ \t]*/y
const WHITE_SPACE = /\s*/y
/** `u'text'` in Python. */
const TEXT_PREFIX = /[ubrUBR](?=["'])/y
const ENDING_BRACKET = /\]|%5[dD]/y

function hiddenValue(text: string, name: SecretName): Hidden | undefined {
  const around = keyQuote(text, name)
  const isQuoted = around !== undefined && text.startsWith(around.text, name.end)
  let at = isQuoted ? name.end + around.text.length : name.end
  at = after(ENDING_BRACKET, text, at) ?? at
  if (text[at] === '>' && text[name.start - 1] === '<') return untilTag(text, at + 1)
  const spaces = isQuoted ? WHITE_SPACE : SPACES
  const beforeSeparator = after(spaces, text, at)!
  const separatorEnd = after(isQuoted ? LIST_SEPARATOR : SEPARATOR, text, beforeSeparator)
  if (separatorEnd === undefined) {
    // `--password hunter2`
    const isOption = !isQuoted && text.startsWith('--', name.start) && beforeSeparator > at
    return isOption ? wordOrQuoted(text, beforeSeparator) : undefined
  }
  at = after(spaces, text, separatorEnd)!
  at = after(TEXT_PREFIX, text, at) ?? at
  const isHeader = text[separatorEnd - 1] === ':'
  if (isQuoted) return quotedKeyValue(text, at, around)
  if (name.kind === 'authorization') return authorization(text, at, around)
  if (name.kind === 'cookies' && isHeader) return restOfLine(text, at, around)
  return wordOrQuoted(text, at, name.kind === 'cookies')
}

/** Doubled quotes are those of CSV when they stand on both sides. */
function keyQuote(text: string, { start, end }: SecretName): QuoteMark | undefined {
  const quote = quoteBefore(text, start)
  const doubled = quote?.sign.length === 1 ? quote.text + quote.text : ''
  const isDoubled = doubled !== '' && text.startsWith(doubled, start - doubled.length) && text.startsWith(doubled, end)
  return isDoubled ? { text: doubled, sign: doubled, backslashes: 0 } : quote
}

function after(pattern: RegExp, text: string, index: number): number | undefined {
  pattern.lastIndex = index
  return pattern.test(text) ? pattern.lastIndex : undefined
}

function quotedKeyValue(text: string, at: number, quote: QuoteMark): Hidden | undefined {
  const shown = quote.text + MASK + quote.text
  if (text[at] === '[' || text[at] === '{') return { start: at, end: closingBracket(text, at, quote), shown }
  const number = after(JSON_NUMBER, text, at)
  if (number !== undefined) return { start: at, end: number, shown }
  return wordOrQuoted(text, at, false, quote)
}

const JSON_NUMBER = /-?\d[\d.eE+-]*(?=[\s,}\]]|$)/y

/** After the bracket that closes the one at `start`; without one, the end of the text. */
function closingBracket(text: string, start: number, quote: QuoteMark): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const sign = text[at]
    if (sign === '[' || sign === '{') depth++
    else if (sign === ']' || sign === '}') {
      if (--depth === 0) return at + 1
    } else if (text.startsWith(quote.text, at)) {
      at = closingQuote(text, at + quote.text.length, quote) + quote.text.length - 1
    }
  }
  return text.length
}

function wordOrQuoted(text: string, at: number, isCookie = false, keyQuote?: QuoteMark): Hidden | undefined {
  const isLikeKey = keyQuote !== undefined && text.startsWith(keyQuote.text, at)
  const opening = isLikeKey ? keyQuote : quoteAt(text, at)
  if (opening === undefined || closesWhatIsAround(text, at, opening, keyQuote)) return word(text, at, isCookie)
  const start = at + opening.text.length
  return { start, end: closingQuote(text, start, opening), shown: MASK }
}

/** `password=\"` in a text that is in quotes itself: the quote is the end, unless something stands before the next one. */
function closesWhatIsAround(text: string, at: number, opening: QuoteMark, keyQuote: QuoteMark | undefined): boolean {
  if (keyQuote !== undefined || opening.sign.length > 1) return false
  const next = text[at + opening.text.length]
  return next === undefined || next === '}' || next === ']'
}

const ALREADY = /(?:\*{3}|null|undefined|true|false|none)(?![\w-])/iy

function word(text: string, start: number, isCookie: boolean): Hidden | undefined {
  if (after(ALREADY, text, start) !== undefined) return undefined
  let end = wordEnd(text, start)
  // `a=1; b=2`
  while (isCookie && end > start && text[end] === ';' && text[end + 1] === ' ') {
    const next = wordEnd(text, end + 2)
    if (next === end + 2) break
    end = next
  }
  return { start, end, shown: MASK }
}

const ENDS_WORD = /[\s<]/
const QUOTE_ENDS = /\\*["'`](?=$|[\s,;:)\]}&>|])/y
const SEPARATOR_ENDS = /[&;,|](?=$|\s|\\*["'`]|[\w.%[\]-]{1,64}[=:])|%26(?=[\w.-]{1,64}%3[dD])/y
const BRACKET_ENDS = /[)\]}](?=$|[\s,;)\]}"'`\\])/y
const ENDINGS = [QUOTE_ENDS, SEPARATOR_ENDS, BRACKET_ENDS]
const MAY_END = /["'`&;,|%)\]}\\]/

/** A value without quotes may hold any sign; it ends where what follows shows that it has ended. */
function wordEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && !ENDS_WORD.test(text[at])) {
    if (MAY_END.test(text[at]) && ENDINGS.some(ending => after(ending, text, at) !== undefined)) return at
    // An escape stays whole, so that JSON stays JSON.
    at += text[at] === '\\' ? 2 : 1
  }
  return Math.min(at, text.length)
}

function untilTag(text: string, start: number): Hidden {
  const tag = text.indexOf('<', start)
  return { start, end: tag === -1 ? text.length : tag, shown: MASK }
}

const ONE_CREDENTIAL = /(?:Bearer|Basic|Token|ApiKey|Api-Key|Negotiate|NTLM|JWT|Key)(?:[ \t]+|%20|\+)/iy

/** `Bearer abc` is a scheme and one word; any other scheme may have more, so the rest of the line is masked. */
function authorization(text: string, at: number, around: QuoteMark | undefined): Hidden | undefined {
  const opening = quoteAt(text, at)
  if (opening !== undefined) return wordOrQuoted(text, at)
  const credential = after(ONE_CREDENTIAL, text, at)
  return credential === undefined ? restOfLine(text, at, around) : word(text, credential, false)
}

const LINE_END = /\r?\n|\\r\\n|\\n/g

/** A header goes on to the end of its line, or to the quote that it stands in. */
function restOfLine(text: string, start: number, around: QuoteMark | undefined): Hidden | undefined {
  if (after(ALREADY, text, start) !== undefined) return undefined
  const opening = quoteAt(text, start)
  if (opening !== undefined && around === undefined) return wordOrQuoted(text, start)
  LINE_END.lastIndex = start
  const lineEnd = LINE_END.exec(text)?.index ?? text.length
  if (around !== undefined) return { start, end: Math.min(lineEnd, closingQuote(text, start, around)), shown: MASK }
  return { start, end: quoteThatEndsAText(text, start, lineEnd), shown: MASK }
}

/** A header inside a quoted text that begins further back: `{"message":"sent Cookie: a=b","next":1}`. */
function quoteThatEndsAText(text: string, start: number, lineEnd: number): number {
  CLOSING.lastIndex = start
  const match = CLOSING.exec(text)
  return match !== null && match.index < lineEnd ? match.index : lineEnd
}

const CLOSING = /\\*["'](?=\s*(?:[,}\]):]|$))/g
