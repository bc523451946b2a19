// Finds the line that a lane dies with.
//
// What the lane was at stands in shared memory. A line that hangs is found at once when it ran alone. One that takes the
// thread down with it may be innocent (somebody else has used up the memory, a timer has ended the thread): it is run
// again, alone, and is found guilty when its lane has died with it three times. Lines that are guilty are not called
// any more; all others go through.

import type { Doom, Suspect } from '../engine/index.ts'
import type { InFlight, Progress } from '../shared-memory/index.ts'

/** A line that takes its lane down so often becomes a dead letter. */
const STRIKES = 3
/** Inputs between two places whose numbers are taken to follow each other. */
const MOST_INPUTS = 64

export interface DeathScene {
  readonly kind: 'hung' | 'killed'
  /** For the dead letter. */
  readonly reason: string
  /** Undefined: the lane had not begun. */
  readonly progress: Progress | undefined
  readonly inFlight: InFlight
  /** Up to where all is settled; undefined: nothing is. */
  readonly settled: { readonly sourceNumber: number; readonly offset: number } | undefined
}

/** One line; `node` is where it was. */
type Place = Pick<Doom, 'sourceNumber' | 'offset' | 'lineNumber' | 'node' | 'item'>

export type Finding =
  | { readonly kind: 'guilty'; readonly doom: Doom }
  /** They run again, each alone. */
  | { readonly kind: 'suspects'; readonly suspects: readonly Suspect[] }
  | { readonly kind: 'nobody' }

export class Suspicion {
  readonly doomed: Doom[]
  #suspects: readonly Suspect[] = []
  readonly #strikes = new Map<string, number>()

  constructor(doomed: readonly Doom[]) {
    this.doomed = [...doomed]
  }

  get suspects(): readonly Suspect[] {
    return this.#suspects
  }

  examine(scene: DeathScene): Finding {
    const line = this.#lineOf(scene)
    if (line !== undefined) {
      const { sourceNumber, offset, node, item } = line
      const key = `${sourceNumber} ${offset} ${node} ${item}`
      // What was found to be among others that were suspected has one strike already.
      const strikes = (this.#strikes.get(key) ?? (this.#isSuspect(line) ? 1 : 0)) + 1
      this.#strikes.set(key, strikes)
      if (scene.kind === 'hung' || strikes >= STRIKES) {
        const code = scene.kind === 'hung' ? 'hung' : 'killed_lane'
        const doom: Doom = { ...line, code, message: scene.reason }
        this.doomed.push(doom)
        this.#suspects = []
        return { kind: 'guilty', doom }
      }
    }
    this.#suspects = suspectsOf(scene)
    return this.#suspects.length > 0 ? { kind: 'suspects', suspects: this.#suspects } : { kind: 'nobody' }
  }

  /** The line that the lane was at, when that is known to be one line. */
  #lineOf({ progress, inFlight }: DeathScene): Place | undefined {
    if (progress === undefined) return undefined
    const { sourceNumber, offset, lineNumber, node, item } = progress
    if (node >= 0) return item >= 0 ? { sourceNumber, offset, lineNumber, node, item } : undefined
    // Code of an asynchronous call, between its start and its end: a line that is known only while it runs alone.
    const [first, ...others] = inFlight.entries
    if (first === undefined || inFlight.total !== 1 + others.length) return undefined
    if (others.some(each => each.sourceNumber !== first.sourceNumber || each.offset !== first.offset)) return undefined
    const place = {
      sourceNumber: first.sourceNumber,
      offset: first.offset,
      lineNumber: first.lineNumber,
      node: first.node,
      item: 0
    }
    return this.#isSuspect(place) ? place : undefined
  }

  #isSuspect({ sourceNumber, offset }: Place): boolean {
    return this.#suspects.some(each => each.sourceNumber === sourceNumber && each.from <= offset && offset < each.to)
  }
}

function suspectsOf({ progress, settled }: DeathScene): Suspect[] {
  if (progress === undefined) return []
  const { sourceNumber, offset, node, byteLength } = progress
  if (node >= 0) return [{ sourceNumber, from: offset, to: offset + byteLength }]
  if (sourceNumber === -1) return []
  // All that asynchronous calls were started for: `offset` is where the last of them ends.
  if (settled === undefined || settled.sourceNumber === sourceNumber || sourceNumber < 0) {
    const from = settled?.sourceNumber === sourceNumber ? settled.offset : 0
    return from < offset ? [{ sourceNumber, from, to: offset }] : []
  }
  const suspects = [{ sourceNumber: settled.sourceNumber, from: settled.offset, to: Number.POSITIVE_INFINITY }]
  for (let number = settled.sourceNumber + 1; number < sourceNumber && suspects.length < MOST_INPUTS; number++) {
    suspects.push({ sourceNumber: number, from: 0, to: Number.POSITIVE_INFINITY })
  }
  return [...suspects, { sourceNumber, from: 0, to: offset }]
}
