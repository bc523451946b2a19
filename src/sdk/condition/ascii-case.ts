// Writes a case-insensitive pattern as one without the flag `i`: `err` becomes `[eE][rR][rR]`.
//
// V8's linear-time engine refuses the flag. The result matches exactly what `i` matches, as long as the pattern is
// ASCII and refers back to nothing; for any other the answer is undefined and the flag has to stay.

export function expandAsciiCase(pattern: string): string | undefined {
  let result = ''
  let at = 0
  while (at < pattern.length) {
    const char = pattern[at]
    if (char > '\x7f') return undefined
    if (char === '\\') {
      const item = readEscape(pattern, at)
      if (item === undefined) return undefined
      result += item.code === undefined ? item.text : eitherCase(item.code, item.text)
      at += item.text.length
    } else if (char === '[') {
      const set = expandSet(pattern, at)
      if (set === undefined) return undefined
      result += set.text
      at = set.end
    } else if (char === '(') {
      const opening = GROUP_OPENING.exec(pattern.slice(at))?.[0]
      if (opening === undefined) return undefined
      result += opening
      at += opening.length
    } else {
      result += eitherCase(char.charCodeAt(0), char)
      at++
    }
  }
  return result
}

// A group with flags of its own (`(?i:…)`) is not among them: what is inside follows other rules.
const GROUP_OPENING = /^\((?:\?(?:[:=!]|<[=!]|<[\w$]+>)|(?!\?))/

/** One character or class, as it is written. */
interface Item {
  readonly text: string
  /** The character it stands for, when it stands for one that can have a case. */
  readonly code: number | undefined
}

function readEscape(pattern: string, at: number): Item | undefined {
  const rest = pattern.slice(at, at + 6)
  const coded = /^\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/.exec(rest)
  if (coded !== null) {
    const code = Number.parseInt(coded[1] ?? coded[2], 16)
    return code > 0x7f ? undefined : { text: coded[0], code }
  }
  const control = /^\\c[A-Za-z]/.exec(rest)
  if (control !== null) return { text: control[0], code: undefined }
  // Classes, boundaries and escaped punctuation. What is left are references back (\1, \k<name>) and mistakes.
  const simple = /^\\[bBdDsSwWnrtvf0\W_]/.exec(rest)
  if (simple === null || simple[0] > '\\\x7f') return undefined
  return { text: simple[0], code: undefined }
}

function expandSet(pattern: string, from: number): { text: string; end: number } | undefined {
  let at = from + 1
  let text = '['
  if (pattern[at] === '^') {
    text += '^'
    at++
  }
  let additions = ''
  while (at < pattern.length && pattern[at] !== ']') {
    const first = readSetItem(pattern, at)
    if (first === undefined) return undefined
    at += first.text.length
    text += first.text
    let last = first
    if (pattern[at] === '-' && pattern[at + 1] !== ']' && at + 1 < pattern.length) {
      const end = readSetItem(pattern, at + 1)
      if (end?.code === undefined || first.code === undefined) return undefined
      at += 1 + end.text.length
      text += `-${end.text}`
      last = end
    }
    if (first.code !== undefined) additions += otherCases(first.code, last.code!)
  }
  return at < pattern.length ? { text: `${text}${additions}]`, end: at + 1 } : undefined
}

function readSetItem(pattern: string, at: number): Item | undefined {
  const char = pattern[at]
  if (char > '\x7f') return undefined
  if (char !== '\\') return { text: char, code: char.charCodeAt(0) }
  return readEscape(pattern, at)
}

/** The other case of every letter between the two characters, as ranges. */
function otherCases(first: number, last: number): string {
  return otherCase(first, last, 0x41, 0x5a, 0x20) + otherCase(first, last, 0x61, 0x7a, -0x20)
}

function otherCase(first: number, last: number, lowest: number, highest: number, distance: number): string {
  const from = Math.max(first, lowest)
  const to = Math.min(last, highest)
  if (from > to) return ''
  const start = String.fromCharCode(from + distance)
  return from === to ? start : `${start}-${String.fromCharCode(to + distance)}`
}

function eitherCase(code: number, text: string): string {
  const other = otherCases(code, code)
  return other === '' ? text : `[${text}${other}]`
}
