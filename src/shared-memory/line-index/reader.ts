// Finds a line by its number or its place in its source. What it has copied of blocks that are full it keeps, so that a
// question mostly takes no block, or one; everything copied is checked.

import { LatchReader } from '../latch/reader.ts'
import { openRegion, type Region } from '../region.ts'
import { type BlockHeader, BlockReader } from './block-reader.ts'
import {
  BLOCK_ENTRIES,
  BLOCK_LINES,
  blockOf,
  bodyWord,
  CODE_BITS,
  COUNTS,
  COUNTS_LATCH,
  COUNTS_NUMBERS,
  ENTRY,
  ENTRY_WORDS,
  FORKED_CODE,
  LINES_START,
  LONG_BYTES,
  OUTCOME_SHIFT,
  PATH_SHIFT
} from './layout.ts'

export interface IndexedLine {
  readonly offset: number
  readonly lineNumber: number
  /** With its line end. */
  readonly bytes: number
  readonly path: number
  /** As OUTCOME has it. */
  readonly outcome: number
  readonly isForked: boolean
}

export interface SourceWindow {
  readonly firstLine: number
  readonly firstOffset: number
  readonly lastLine: number
  /** Behind its last line. */
  readonly endOffset: number
}

/** Whether a lane that died took the line back: it ran again. */
export type IsVoid = (epoch: number, sequence: number) => boolean

interface Entry {
  readonly serial: number
  readonly epoch: number
  readonly source: number
  readonly firstWord: number
  readonly lines: number
  readonly offset: number
  readonly firstLine: number
  readonly sequence: number
  readonly longBytes: number
}

interface Block {
  readonly serial: number
  readonly lines: number
  readonly entries: readonly Entry[]
}

interface BlockWords {
  readonly serial: number
  readonly lines: number
  readonly words: Int32Array
}

const none: IsVoid = () => false

export class LineIndexReader {
  /** Blocks that held something no writer writes, and were passed over. */
  telemetryCorrupt = 0
  readonly #base: number
  readonly #blockCount: number
  readonly #words: Int32Array
  readonly #blocks: BlockReader
  readonly #counts: LatchReader
  /** The newest first; blocks before the newest never change until they are filled anew. */
  #known: readonly Block[] = []
  #isWhole = true
  #copied: BlockWords = { serial: 0, lines: 0, words: new Int32Array(0) }

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#base = layout.lineIndex
    this.#blockCount = region.limits.indexBlocks
    this.#words = cells.words
    this.#blocks = new BlockReader(cells, { base: this.#base, blocks: this.#blockCount })
    this.#counts = new LatchReader(cells, this.#base + COUNTS_LATCH, COUNTS_NUMBERS)
  }

  /** False when a block could not be had at the last question: what was not found may be there all the same. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** Lines written ever, those still there, and those that no block could be had for. */
  counts(): { readonly written: number; readonly held: number; readonly left: number } {
    this.#refresh()
    this.#counts.read()
    const { numbers } = this.#counts
    const held = this.#known.reduce((sum, block) => sum + block.lines, 0)
    return { written: Math.max(numbers[COUNTS.written], held), held, left: numbers[COUNTS.left] }
  }

  byNumber(source: number, lineNumber: number, isVoid: IsVoid = none): IndexedLine | undefined {
    return this.#find(isVoid, entry => {
      const index = lineNumber - entry.firstLine
      return entry.source === source && index >= 0 && index < entry.lines ? index : undefined
    })
  }

  /** The line that begins at the offset. */
  byOffset(source: number, offset: number, isVoid: IsVoid = none): IndexedLine | undefined {
    return this.#find(isVoid, entry => {
      const isWithin = entry.source === source && offset >= entry.offset
      return isWithin && offset - entry.offset <= entry.lines * LONG_BYTES ? this.#indexAt(entry, offset) : undefined
    })
  }

  /** What there is of a source; undefined for nothing. */
  windowOf(source: number): SourceWindow | undefined {
    this.#refresh()
    const entries = this.#known.flatMap(block => block.entries.filter(entry => entry.source === source))
    if (entries.length === 0) return undefined
    const first = entries.reduce((a, b) => (b.firstLine < a.firstLine ? b : a))
    const last = entries.reduce((a, b) => (b.firstLine + b.lines > a.firstLine + a.lines ? b : a))
    return {
      firstLine: first.firstLine,
      firstOffset: first.offset,
      lastLine: last.firstLine + last.lines - 1,
      endOffset: last.offset + this.#bytesBefore(last, last.lines)
    }
  }

  #find(isVoid: IsVoid, indexIn: (entry: Entry) => number | undefined): IndexedLine | undefined {
    this.#refresh()
    for (const block of this.#known) {
      // A line may be there twice, after a crash: the one that ran last counts.
      for (let at = block.entries.length - 1; at >= 0; at--) {
        const entry = block.entries[at]
        const index = indexIn(entry)
        if (index === undefined || isVoid(entry.epoch, entry.sequence + index)) continue
        const found = this.#lineOf(entry, index)
        if (found !== undefined) return found
      }
    }
    return undefined
  }

  #lineOf(entry: Entry, index: number): IndexedLine | undefined {
    const words = this.#wordsOf(entry)
    if (words === undefined) return undefined
    const word = words[entry.firstWord + index]
    const code = (word >>> OUTCOME_SHIFT) & CODE_BITS
    return {
      offset: entry.offset + this.#bytesBefore(entry, index),
      lineNumber: entry.firstLine + index,
      bytes: bytesOf(entry, word),
      path: word >>> PATH_SHIFT,
      outcome: code & ~FORKED_CODE,
      isForked: (code & FORKED_CODE) !== 0
    }
  }

  #indexAt(entry: Entry, offset: number): number | undefined {
    const words = this.#wordsOf(entry)
    if (words === undefined) return undefined
    let at = entry.offset
    for (let index = 0; index < entry.lines; index++) {
      if (at === offset) return index
      if (at > offset) return undefined
      at += bytesOf(entry, words[entry.firstWord + index])
    }
    return undefined
  }

  #bytesBefore(entry: Entry, lines: number): number {
    const words = this.#wordsOf(entry)
    let bytes = 0
    for (let index = 0; index < lines; index++) bytes += bytesOf(entry, words?.[entry.firstWord + index] ?? 0)
    return bytes
  }

  /** Undefined when the block was filled anew meanwhile, or could not be had. */
  #wordsOf({ serial, firstWord, lines }: Entry): Int32Array | undefined {
    if (this.#copied.serial === serial && this.#copied.lines >= firstWord + lines) return this.#copied.words
    let copied: BlockWords | undefined
    const block = blockOf(serial, this.#blockCount)
    const isMine = this.#blocks.use(block, header => {
      if (header.serial !== serial || header.lines > BLOCK_LINES) return
      const from = this.#base + bodyWord(block, this.#blockCount) + LINES_START
      copied = { serial, lines: header.lines, words: this.#words.slice(from, from + Math.max(0, header.lines)) }
    })
    if (!isMine) this.#isWhole = false
    if (copied === undefined || copied.lines < firstWord + lines) return undefined
    this.#copied = copied
    return copied.words
  }

  #refresh(): void {
    this.#isWhole = true
    const { newest } = this.#blocks
    const before = new Map(this.#known.map(block => [block.serial, block]))
    const wasNewest = this.#known[0]?.serial
    const known: Block[] = []
    for (let age = 0; age < this.#blockCount; age++) {
      const serial = (newest - age) | 0
      if (serial === 0) break
      const old = before.get(serial)
      // The one that was the newest may have grown since.
      const block = old !== undefined && serial !== wasNewest ? old : this.#copy(serial)
      if (block !== undefined) known.push(block)
    }
    this.#known = known
  }

  #copy(serial: number): Block | undefined {
    const block = blockOf(serial, this.#blockCount)
    const body = this.#base + bodyWord(block, this.#blockCount)
    let header: BlockHeader | undefined
    let words = new Int32Array(0)
    const isMine = this.#blocks.use(block, found => {
      header = found
      const isSane = found.entries >= 0 && found.entries <= BLOCK_ENTRIES
      if (found.serial === serial && isSane) words = this.#words.slice(body, body + found.entries * ENTRY_WORDS)
    })
    if (!isMine) this.#isWhole = false
    // Another serial: the writer passed the block over, or has filled it anew since.
    if (header === undefined || header.serial !== serial) return undefined
    const entries = entriesIn(words, header)
    if (entries === undefined) this.telemetryCorrupt++
    return { serial, lines: entries === undefined ? 0 : header.lines, entries: entries ?? [] }
  }
}

/** Undefined for what no writer writes. */
function entriesIn(words: Int32Array, { serial, epoch, lines, entries }: BlockHeader): Entry[] | undefined {
  if (lines < 0 || lines > BLOCK_LINES || entries < 0 || entries > BLOCK_ENTRIES) return undefined
  const list: Entry[] = []
  for (let index = 0; index < entries; index++) {
    const at = index * ENTRY_WORDS
    const numberAt = (word: number): number => words[at + word + 1] * 2 ** 32 + (words[at + word] >>> 0)
    const firstWord = words[at + ENTRY.firstWord]
    const end = index + 1 < entries ? words[at + ENTRY_WORDS + ENTRY.firstWord] : lines
    const entry: Entry = {
      serial,
      epoch,
      source: words[at + ENTRY.source],
      firstWord,
      lines: end - firstWord,
      offset: numberAt(ENTRY.offset),
      firstLine: numberAt(ENTRY.firstLine),
      sequence: numberAt(ENTRY.sequence),
      longBytes: numberAt(ENTRY.longBytes)
    }
    const isSane = firstWord >= 0 && end >= firstWord && end <= lines && entry.offset >= 0 && entry.firstLine >= 0
    if (!isSane || entry.longBytes < 0) return undefined
    list.push(entry)
  }
  return list
}

function bytesOf({ longBytes }: Entry, word: number): number {
  return longBytes > 0 ? longBytes : word & LONG_BYTES
}
