// A way through the pipeline as people read it: rounds in a loop are counted, not written out.

/** Longer rounds are written out. */
const LONGEST_ROUND = 16

/** `start > retry ×3 > end`; a round through several steps is `(check > fix) ×2`. */
export function collapsedRoute(names: readonly string[]): string {
  const parts: string[] = []
  for (let at = 0; at < names.length; ) {
    const { length, times } = roundAt(names, at)
    const round = names.slice(at, at + length).join(' > ')
    parts.push(times === 1 ? round : `${length === 1 ? round : `(${round})`} ×${times}`)
    at += length * times
  }
  return parts.join(' > ')
}

/** The round that begins there and takes up most names; one name once when nothing is repeated. */
function roundAt(names: readonly string[], at: number): { readonly length: number; readonly times: number } {
  let best = { length: 1, times: 1 }
  for (let length = 1; length <= LONGEST_ROUND && at + 2 * length <= names.length; length++) {
    let times = 1
    while (isRepeated(names, at, length, times)) times++
    if (times > 1 && length * times > best.length * best.times) best = { length, times }
  }
  return best
}

function isRepeated(names: readonly string[], at: number, length: number, times: number): boolean {
  const next = at + length * times
  if (next + length > names.length) return false
  for (let step = 0; step < length; step++) if (names[at + step] !== names[next + step]) return false
  return true
}
