// Shows a value that is text, a record or a list, through whatever turns bytes into text for people.

/** A secret is known by the key that it stands under, so a record is shown as a whole. Text when it is no JSON after that. */
export function revealValue(value: unknown, reveal: (content: Uint8Array) => string): unknown {
  if (typeof value === 'string') return reveal(Buffer.from(value))
  const shown = reveal(Buffer.from(JSON.stringify(value)))
  try {
    return JSON.parse(shown)
  } catch {
    return shown
  }
}
