// "Did you mean …?": the known name that a mistyped one most likely stands for.
//
// A suggestion must be right more often than not, so short names need to be nearly equal. Upper case, `-`, `_` and
// spaces count as equal: `onError` is `on_error`.

import { quote } from './quote.ts'

const MAX_NAME_LENGTH = 100

export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return undefined
  const wanted = normalized(name)
  let best: string | undefined
  let bestDistance = allowedDistance(wanted.length) + 1
  for (const candidate of candidates) {
    if (candidate === name || candidate.length > MAX_NAME_LENGTH) continue
    const distance = editDistance(wanted, normalized(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `Did you mean "filter"?`, or undefined when nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const closest = closestName(name, candidates)
  return closest === undefined ? undefined : `Did you mean ${quote(closest)}?`
}

function normalized(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, '')
}

function allowedDistance(length: number): number {
  if (length < 3) return 0
  if (length < 6) return 1
  return length < 9 ? 2 : 3
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = previous[j - 1] + (left[i - 1] === right[j - 1] ? 0 : 1)
      let distance = Math.min(replaced, previous[j] + 1, current[j - 1] + 1)
      const isSwap = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      if (isSwap) distance = Math.min(distance, beforePrevious[j - 2] + 1)
      current.push(distance)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.length]
}
