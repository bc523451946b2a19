// Text from users' files, as it may stand in a message: in quotes, cut when long, and with everything escaped that
// could move a terminal's cursor or reorder what is read (control characters, line separators, bidi marks).

const UNSAFE = /["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const MAX_CHARACTERS = 80

export function quote(text: string, maxCharacters = MAX_CHARACTERS): string {
  // Twice as many units hold that many characters even when each is a surrogate pair.
  const characters = [...text.slice(0, maxCharacters * 2 + 2)]
  const shown = characters.length > maxCharacters ? `${characters.slice(0, maxCharacters).join('')}…` : text
  return `"${shown.replace(UNSAFE, escaped)}"`
}

function escaped(character: string): string {
  switch (character) {
    case '"':
    case '\\':
      return `\\${character}`
    case '\n':
      return '\\n'
    case '\t':
      return '\\t'
    case '\r':
      return '\\r'
    default:
      return `\\u{${character.codePointAt(0)!.toString(16)}}`
  }
}

/** `"a", "b" and "c"`; beyond `max` the rest is counted. */
export function quoteList(names: Iterable<string>, max = 12): string {
  const all = [...names]
  const shown = all.slice(0, max).map(name => quote(name))
  if (all.length > max) return `${shown.join(', ')} and ${all.length - max} more`
  const last = shown.pop()
  if (last === undefined) return 'none'
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}
