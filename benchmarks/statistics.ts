// Medians, spreads and an interval for ratios of paired runs.

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/**
 * Mean of paired ratios without the tenth at either end, where a neighbour of the machine was at work, with its 95 %
 * interval, by bootstrap with a fixed seed: the same data give the same answer.
 */
export function bootstrapTrimmedMean(values: readonly number[]): {
  readonly mean: number
  readonly low: number
  readonly high: number
} {
  const random = lcg(1)
  const means: number[] = []
  for (let round = 0; round < 10_000; round++) {
    means.push(trimmedMean(values.map(() => values[Math.floor(random() * values.length)])))
  }
  means.sort((a, b) => a - b)
  return { mean: trimmedMean(values), low: means[250], high: means[9_749] }
}

function trimmedMean(values: readonly number[]): number {
  const cut = Math.floor(values.length / 10)
  const kept = values.toSorted((a, b) => a - b).slice(cut, values.length - cut)
  return kept.reduce((sum, value) => sum + value, 0) / kept.length
}

function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
