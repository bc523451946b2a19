// Gives every path that lines take a number, and counts how lines on it end. `next` and `count` do not allocate.

import type { SharedCells } from '../cells.ts'
import { LatchWriter } from '../latch/writer.ts'
import { openRegion, type Region } from '../region.ts'
import {
  BLOCK_NUMBERS,
  BLOCK_PATHS,
  blockCount,
  blockWord,
  LENGTH,
  nodeWord,
  OUTCOMES,
  OVERFLOW_PATH,
  parentWord,
  RESERVED_PATHS,
  ROOT_PATH
} from './layout.ts'

export class PathWriter {
  /** Lines that went on to a path that no longer fitted: each call of `next` with a path below the overflow. */
  overflowed = 0
  readonly #cells: SharedCells
  readonly #base: number
  readonly #capacity: number
  readonly #parents: Int32Array
  readonly #nodes: Int32Array
  readonly #depths: Int32Array
  /** Open-addressed: 0 is empty, else a path number; at most half full. */
  readonly #slots: Int32Array
  readonly #mask: number
  #length: number
  readonly #counts: Float64Array
  readonly #blocks: LatchWriter[] = []
  readonly #touched: Uint8Array
  #cursor = 0

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#cells = cells
    this.#base = layout.paths
    this.#capacity = region.limits.paths
    this.#parents = new Int32Array(this.#capacity)
    this.#nodes = new Int32Array(this.#capacity)
    this.#depths = new Int32Array(this.#capacity)
    this.#mask = 2 ** Math.ceil(Math.log2(this.#capacity * 2)) - 1
    this.#slots = new Int32Array(this.#mask + 1)
    const blocks = blockCount(this.#capacity)
    this.#counts = new Float64Array(blocks * BLOCK_NUMBERS)
    this.#touched = new Uint8Array(blocks)
    for (let block = 0; block < blocks; block++) {
      const numbers = this.#counts.subarray(block * BLOCK_NUMBERS, (block + 1) * BLOCK_NUMBERS)
      this.#blocks.push(new LatchWriter(cells, this.#base + blockWord(block, this.#capacity), numbers))
    }
    this.#length = RESERVED_PATHS
    this.#adoptTable(cells.load(this.#base + LENGTH))
    cells.store(this.#base + LENGTH, this.#length)
  }

  /** The path that goes on from `parent` to `node`. */
  next(parent: number, node: number): number {
    let slot = hash(parent, node) & this.#mask
    for (;;) {
      const path = this.#slots[slot]
      if (path === 0) return this.#append(parent, node, slot)
      if (this.#parents[path] === parent && this.#nodes[path] === node) return path
      slot = (slot + 1) & this.#mask
    }
  }

  /** Nodes visited: 0 for the root. Unknown, and said as 0, for the overflow path. */
  depth(path: number): number {
    return this.#depths[path]
  }

  /** Nodes visited, in order; none for the root and the overflow path. */
  nodesOf(path: number): number[] {
    const nodes: number[] = []
    for (let at = path; at >= RESERVED_PATHS; at = this.#parents[at]!) nodes.push(this.#nodes[at])
    return nodes.reverse()
  }

  /** The paths that lead to this one, itself last: one for each node that `nodesOf` gives. */
  pathsOf(path: number): number[] {
    const paths: number[] = []
    for (let at = path; at >= RESERVED_PATHS; at = this.#parents[at]!) paths.push(at)
    return paths.reverse()
  }

  /** The last node visited. */
  nodeOf(path: number): number {
    return this.#nodes[path]
  }

  /** So many line instances ended on this path; `outcome` is a code of OUTCOME. */
  count(path: number, outcome: number, lines = 1): void {
    this.#counts[path * OUTCOMES + outcome - 1] += lines
    this.#touched[path >> 8] = 1
  }

  /** Publishes touched blocks while they fit in `maxWords` (at least one); the rest has its turn next time. */
  publishTouched(maxWords: number): void {
    const used = Math.ceil(this.#length / BLOCK_PATHS)
    let words = 0
    for (let step = 0; step < used; step++) {
      const block = this.#cursor < used ? this.#cursor : 0
      if (this.#touched[block] === 1) {
        if (words > 0 && words + 2 * BLOCK_NUMBERS > maxWords) return
        this.#touched[block] = 0
        this.#blocks[block].publish()
        words += 2 * BLOCK_NUMBERS
      }
      this.#cursor = block + 1
    }
  }

  #append(parent: number, node: number, slot: number): number {
    if (parent === OVERFLOW_PATH || this.#length >= this.#capacity) {
      this.overflowed++
      return OVERFLOW_PATH
    }
    const path = this.#length
    this.#cells.store(this.#base + parentWord(path), parent)
    this.#cells.store(this.#base + nodeWord(path, this.#capacity), node)
    this.#remember(path, parent, node, slot)
    this.#cells.store(this.#base + LENGTH, this.#length)
    return path
  }

  #remember(path: number, parent: number, node: number, slot: number): void {
    this.#parents[path] = parent
    this.#nodes[path] = node
    this.#depths[path] = this.#depths[parent] + 1
    this.#slots[slot] = path
    this.#length = path + 1
  }

  /** Takes over the table of a lane that died, so that numbers already in journeys keep their meaning. */
  #adoptTable(length: number): void {
    for (let path = RESERVED_PATHS; path < Math.min(length, this.#capacity); path++) {
      const parent = this.#cells.load(this.#base + parentWord(path))
      const node = this.#cells.load(this.#base + nodeWord(path, this.#capacity))
      if (parent < ROOT_PATH || parent >= path) return
      let slot = hash(parent, node) & this.#mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#remember(path, parent, node, slot)
    }
  }
}

function hash(parent: number, node: number): number {
  const mixed = Math.imul(parent, 0x9e_37_79_b1) + Math.imul(node, 0x85_eb_ca_6b)
  return mixed ^ (mixed >>> 15)
}
