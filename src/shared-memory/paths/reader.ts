// Reads which paths exist and how the lines on them ended.

import type { SharedCells } from '../cells.ts'
import { LatchReader } from '../latch/reader.ts'
import { openRegion, type Region } from '../region.ts'
import {
  BLOCK_NUMBERS,
  BLOCK_PATHS,
  blockWord,
  LENGTH,
  nodeWord,
  OUTCOMES,
  parentWord,
  RESERVED_PATHS
} from './layout.ts'

export interface PathCounts {
  readonly path: number
  readonly delivered: number
  readonly dropped: number
  readonly dead: number
  readonly unmatched: number
  readonly joined: number
}

export class PathReader {
  readonly #cells: SharedCells
  readonly #base: number
  readonly #capacity: number
  readonly #blocks: LatchReader[] = []
  #corruptEntries = 0

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#cells = cells
    this.#base = layout.paths
    this.#capacity = region.limits.paths
  }

  get telemetryCorrupt(): number {
    return this.#blocks.reduce((sum, block) => sum + block.telemetryCorrupt, this.#corruptEntries)
  }

  /** Paths known so far, the two reserved ones included. */
  get length(): number {
    const length = this.#cells.load(this.#base + LENGTH)
    if (length < 0 || length > this.#capacity) {
      this.#corruptEntries++
      return RESERVED_PATHS
    }
    return Math.max(length, RESERVED_PATHS)
  }

  /** Ids of the nodes on the path in the order of visits; empty for the root, the overflow and unknown paths. */
  nodesOf(path: number): number[] {
    if (!Number.isInteger(path) || path >= this.length) return []
    const nodes: number[] = []
    for (let at = path; at >= RESERVED_PATHS; ) {
      nodes.push(this.#cells.load(this.#base + nodeWord(at, this.#capacity)))
      const parent = this.#cells.load(this.#base + parentWord(at))
      if (parent < 0 || parent >= at) {
        this.#corruptEntries++
        return []
      }
      at = parent
    }
    return nodes.reverse()
  }

  /** Every path that a line ended on, in order of number. Each block of 256 is one instant. */
  *counts(): Generator<PathCounts> {
    const length = this.length
    for (let block = 0; block * BLOCK_PATHS < length; block++) {
      this.#blocks[block] ??= new LatchReader(this.#cells, this.#base + blockWord(block, this.#capacity), BLOCK_NUMBERS)
      this.#blocks[block].read()
      yield* this.#countsOf(block, Math.min(BLOCK_PATHS, length - block * BLOCK_PATHS))
    }
  }

  *#countsOf(block: number, paths: number): Generator<PathCounts> {
    // A slice of its own: the caller may read again between two steps of the iteration.
    const numbers = this.#blocks[block].numbers.slice()
    for (let index = 0; index < paths; index++) {
      const [delivered, dropped, dead, unmatched, joined] = numbers.subarray(index * OUTCOMES, (index + 1) * OUTCOMES)
      if (delivered + dropped + dead + unmatched + joined === 0) continue
      yield { path: block * BLOCK_PATHS + index, delivered, dropped, dead, unmatched, joined }
    }
  }
}
