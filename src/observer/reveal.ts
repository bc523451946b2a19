// The only place that turns bytes of lines, errors and stacks into text for people. Whatever leaves the process by
// an answer has passed here, so this is where values that must not be seen are masked.

/** Bytes that are not UTF-8 become U+FFFD. `isCut`: more bytes followed that are not here. */
export type Reveal = (content: Uint8Array | string, isCut?: boolean) => string

const MASK = '***'
/** Shorter values cannot be told from ordinary text: masking every `8` would destroy what it is meant to protect. */
const SHORTEST_SECRET = 4

/** `secrets`: values that came from the environment into the pipeline file. */
export function createReveal(secrets: readonly string[] = []): Reveal {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  // Longest first, so that a secret inside a longer one does not leave the rest of the longer one standing.
  const masked = secrets.filter(secret => secret.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length)

  return (content, isCut = false) => {
    let text = typeof content === 'string' ? content : decoder.decode(content)
    for (const secret of masked) if (text.includes(secret)) text = text.replaceAll(secret, MASK)
    return isCut ? maskCutEnd(text, masked) : text
  }
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
