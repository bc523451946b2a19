// Writers of log files on the real disk, with a record of what every file has held: what a follower must have read.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'

import type { Random } from '../../base/simulated-disk-fixtures.ts'
import type { ReadFile } from './follow-reader-fixtures.ts'
import type { ManualTools } from './follow-tools-fixtures.ts'

/** What one file holds from its creation, or its last truncation, on. */
export interface Generation {
  /** Bytes that nobody wrote. */
  hole: number
  content: string
  /** Somebody else than a follower would have lost its end too: it may be missing. */
  mayLoseEnd: boolean
  /** Nothing is added any more, and no path leads to it: what has no newline is a line. */
  isOver: boolean
  /** A copy, or a file under a name that is not followed from its first byte on. */
  isForeign: boolean
}

export class LogWorld {
  readonly folder: string
  readonly random: Random
  readonly tools: ManualTools
  readonly generations: Generation[] = []
  readonly #byInode = new Map<number, Generation>()
  /** Lines end so. */
  lineEnd = '\n'
  #line = 0

  constructor(folder: string, random: Random, tools: ManualTools) {
    this.folder = folder
    this.random = random
    this.tools = tools
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  pick(count: number): number {
    return Math.floor(this.random() * count)
  }

  /** Makes an empty file. */
  create(name: string, more: Partial<Generation> = {}): void {
    fs.writeFileSync(this.path(name), '', { flag: 'wx' })
    this.begin(name, more)
    this.tell(name)
  }

  begin(name: string, more: Partial<Generation> = {}): void {
    const generation = { hole: 0, content: '', mayLoseEnd: false, isOver: false, isForeign: false, ...more }
    this.generations.push(generation)
    this.#byInode.set(fs.statSync(this.path(name)).ino, generation)
  }

  of(name: string): Generation {
    return this.#byInode.get(fs.statSync(this.path(name)).ino)!
  }

  line(): string {
    const length = this.random() < 0.05 ? this.pick(20_000) : this.pick(120)
    return `line ${this.#line++} ${'x'.repeat(length)}${this.lineEnd}`
  }

  /** Several lines, at times in two pieces with the cut anywhere. */
  append(name: string, lines = 1 + this.pick(5)): void {
    this.text(name, Array.from({ length: lines }, () => this.line()).join(''))
  }

  text(name: string, text: string): void {
    fs.appendFileSync(this.path(name), text)
    this.of(name).content += text
    this.tell(name)
  }

  /** For a writer that keeps its file whatever its name is. */
  writer(name: string): { append(lines?: number): void; close(): void } {
    const descriptor = fs.openSync(this.path(name), 'a')
    const { ino } = fs.fstatSync(descriptor)
    const first = this.of(name)
    return {
      append: (lines = 1 + this.pick(3)) => {
        const text = Array.from({ length: lines }, () => this.line()).join('')
        fs.writeSync(descriptor, text)
        const generation = this.#byInode.get(ino) ?? first
        generation.content += text
        this.tell(name)
      },
      close: () => fs.closeSync(descriptor)
    }
  }

  rename(from: string, to: string): void {
    if (fs.existsSync(this.path(to))) this.of(to).isOver = true
    fs.renameSync(this.path(from), this.path(to))
    this.tell(from)
    this.tell(to)
  }

  /** To a name that nothing follows. */
  rotate(from: string, to: string): void {
    this.of(from).isOver = true
    this.rename(from, to)
  }

  remove(name: string): void {
    const generation = this.of(name)
    generation.isOver = true
    this.#byInode.delete(fs.statSync(this.path(name)).ino)
    fs.unlinkSync(this.path(name))
    this.tell(name)
  }

  /** What is left at its start is the beginning of another content. */
  truncate(name: string, length = 0): void {
    const { content, isForeign } = this.of(name)
    this.of(name).isOver = true
    fs.truncateSync(this.path(name), length)
    this.begin(name, { content: content.slice(0, length), isForeign })
    this.tell(name)
  }

  /** A notice comes, or it does not. */
  tell(name: string): void {
    if (this.random() < 0.5) this.tools.notify(this.path(name))
  }

  /** Each content came exactly once and in order, unmixed, under a number of its own. */
  check(files: ReadonlyMap<number, ReadFile>): void {
    const left = new Map([...files].filter(([, { bytes }]) => bytes.length > 0))
    for (const generation of this.generations) {
      const { content, isOver, mayLoseEnd, isForeign, hole } = generation
      if (isForeign) continue
      const wanted = isOver ? content : content.slice(0, content.lastIndexOf('\n') + 1)
      if (wanted === '') continue
      const same = [...left].find(([, { bytes }]) => bytes.toString() === wanted)
      const [number, read] = same ?? [...left].find(([, { bytes }]) => startsAlike(bytes, wanted)) ?? []
      if (mayLoseEnd) {
        if (number === undefined) continue
        assert.ok(wanted.startsWith(read!.bytes.toString()), 'what was read is not how the file began')
      } else {
        assert.ok(
          number !== undefined,
          `nothing was read of a file with ${wanted.length} bytes: ${wanted.slice(0, 40)}`
        )
        assert.equal(read!.bytes.toString(), wanted)
        assert.equal(read!.start, hole)
        if (isOver) assert.ok(read!.isFinished, 'its end was not told')
      }
      left.delete(number)
    }
    assert.deepEqual(
      [...left.values()].map(({ bytes }) => bytes.toString().slice(0, 60)),
      [],
      'was read twice, or mixed'
    )
  }
}

function startsAlike(bytes: Buffer, content: string): boolean {
  const length = Math.min(bytes.length, content.indexOf('\n') + 1 || content.length)
  return bytes.toString('utf8', 0, length) === content.slice(0, length)
}
