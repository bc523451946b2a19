// Quotes around a value, in all the ways in which one format is written inside another: plain, with backslashes (JSON in
// JSON), doubled (CSV), as an entity (HTML) and percent-encoded (a query string).

export interface QuoteMark {
  /** As it stands in the text: `\"`. */
  readonly text: string
  /** The quote itself; of an entity or a code, the whole. */
  readonly sign: string
  readonly backslashes: number
}

const AT = /(\\*)(["'`])|&quot;|&#34;|&#39;|%22|%27|\\u0022/y
const QUOTES = '"\'`'

/** The quote that begins at an index. */
export function quoteAt(text: string, index: number): QuoteMark | undefined {
  AT.lastIndex = index
  const match = AT.exec(text)
  if (match === null) return undefined
  return { text: match[0], sign: match[2] ?? match[0], backslashes: match[1]?.length ?? 0 }
}

/** The quote that ends right before an index. */
export function quoteBefore(text: string, index: number): QuoteMark | undefined {
  const sign = text[index - 1]
  if (sign === undefined) return undefined
  if (QUOTES.includes(sign)) {
    let first = index - 1
    while (text[first - 1] === '\\') first--
    return { text: text.slice(first, index), sign, backslashes: index - 1 - first }
  }
  const code = CODES.find(each => text.endsWith(each, index) && text.startsWith(each, index - each.length))
  return code === undefined ? undefined : { text: code, sign: code, backslashes: 0 }
}

const CODES = ['&quot;', '&#34;', '&#39;', '%22', '%27', '\\u0022']

/** Where a value ends that such a quote opened before `from`: at its closing quote, or at the end of the text. */
export function closingQuote(text: string, from: number, { text: written, sign, backslashes }: QuoteMark): number {
  if (sign.length > 1) return indexOrEnd(text.indexOf(written, from), text)
  for (let at = text.indexOf(sign, from); at !== -1; at = text.indexOf(sign, at + 1)) {
    let first = at
    while (first > from && text[first - 1] === '\\') first--
    const run = at - first
    // A quote inside the value has one more level of backslashes; any other closes it, or what is around it.
    if ((run + 1) % (2 * (backslashes + 1)) === 0) continue
    const own = run % (backslashes + 1) === backslashes ? backslashes : run % 2
    return at - own
  }
  return text.length
}

function indexOrEnd(index: number, text: string): number {
  return index === -1 ? text.length : index
}
