// A pipeline and its input, all made from one number.

import type { Graph, GraphProcessor } from './graph.ts'
import { Random } from './random.ts'
import { randomInput } from './random-input.ts'
import { randomMoves, type Traits } from './random-moves.ts'

const ODD_NAMES = ['__proto__', 'constructor', 'toString', '1', 'hasOwnProperty', 'on_error', 'žluť']

/** What holds for the whole graph. */
interface Frame {
  readonly names: readonly string[]
  readonly sinks: readonly string[]
  readonly isAcyclic: boolean
  readonly forks: boolean
  readonly isTight: boolean
  readonly canStop: boolean
  readonly isLarge: boolean
}

export function randomGraph(seed: number): Graph {
  const random = new Random(seed)
  const frame = randomFrame(random)
  const processors = frame.names.map((_, index) => randomProcessor(random, frame, index))
  return {
    seed,
    entry: random.chance(0.9) ? frame.names[0] : random.pick(frame.names),
    processors,
    sinks: frame.sinks,
    maxHops: frame.isAcyclic && random.chance(0.9) ? 64 : random.integer(1, 12),
    maxDescendants: frame.isTight ? random.integer(1, 12) : frame.isAcyclic ? 100_000 : 100,
    maxLineBytes: random.chance(0.15) ? random.integer(0, 30) : 1024 * 1024,
    maxLines: random.chance(0.1) ? random.integer(0, 50) : Number.POSITIVE_INFINITY,
    stopsAtSnapshot: random.chance(0.1) && !frame.canStop ? random.integer(1, 60) : undefined,
    publishMilliseconds: frame.isLarge ? 2 : random.pick([0, 0.5]),
    inputs: Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, (_, index) => ({
      name: `input-${index}`,
      bytes: randomInput(random, frame.isLarge ? random.integer(300, 1200) : random.integer(0, 40))
    }))
  }
}

function randomFrame(random: Random): Frame {
  const isLarge = random.chance(0.02)
  const names = random
    .shuffled([...ODD_NAMES.filter(() => random.chance(0.15)), ...'abcdefghi'])
    .slice(0, random.integer(1, 8))
  const sinks = ['end', 'second', 'third'].slice(0, random.pick([0, 1, 1, 1, 2, 3]))
  const isAcyclic = isLarge || random.chance(0.6)
  const canStop = random.chance(0.08)
  return {
    names,
    sinks,
    isAcyclic,
    // A line that both becomes too many and stops the run is one or the other, whichever is seen first.
    forks: !isLarge && random.chance(0.7) && (isAcyclic || !canStop),
    isTight: random.chance(0.15) && !canStop,
    canStop,
    isLarge
  }
}

function randomProcessor(random: Random, frame: Frame, index: number): GraphProcessor {
  const { isAcyclic, isTight, canStop, isLarge } = frame
  const name = frame.names[index]
  const ways = [...(isAcyclic ? frame.names.slice(index + 1) : frame.names), ...frame.sinks]
  const isMapper = random.chance(0.25)
  const isEnd = ways.length === 0 || random.chance(0.05)
  const to = new Map<string, string>()
  if (!isEnd && !isMapper) {
    const tags = random.chance(0.1) ? random.integer(5, 7) : random.integer(1, 4)
    for (let tag = 0; tag < tags; tag++) to.set(random.pick([`tag ${tag}`, random.pick(ways)]), random.pick(ways))
  }
  const hangs = !isLarge && random.chance(0.02)
  const timing = hangs ? 'mixed' : random.pick(['sync', 'sync', 'sync', 'sync', 'async', 'async', 'mixed'] as const)
  const attempts = random.pick([1, 1, 1, 2, 3])
  const traits: Traits = {
    name,
    tags: [...to.keys()],
    isMapper,
    attempts,
    forks: frame.forks && !isMapper,
    hangs,
    emitsLate: !isMapper && timing !== 'mixed' && random.chance(0.1),
    counts: isAcyclic && !isTight && !canStop && random.chance(0.3)
  }
  return {
    name,
    accepts: random.pick(['text', 'text', 'any', 'any', 'any', 'record']),
    isMapper,
    to,
    target: isMapper && !isEnd ? random.pick(ways) : undefined,
    attempts,
    onError: randomOnError(random, ways, canStop),
    timing: hangs ? 'hanging' : timing,
    concurrency: random.integer(1, 8),
    createDecide: randomMoves(random, traits)
  }
}

function randomOnError(random: Random, ways: readonly string[], canStop: boolean): GraphProcessor['onError'] {
  if (canStop && random.chance(0.5)) return 'stop'
  if (ways.length > 0 && random.chance(0.3)) return { to: random.pick(ways) }
  return random.chance(0.3) ? 'drop' : 'dead_letter'
}
