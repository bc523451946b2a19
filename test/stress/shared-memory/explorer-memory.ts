// The memory of a model: values, which write each came from, and what happened before what.

import type { AtomicCells } from '../../../src/shared-memory/cells.ts'
import type { Access, PlainCells } from './explorer.ts'

/** For each thread, how many of its steps are known to have happened. */
type Clock = readonly number[]

interface PlainUse {
  /** Thread and step of the last plain write; −1 for none. */
  readonly writer: number
  readonly writeStep: number
  /** Step of each thread's last plain read since. */
  readonly reads: Clock
}

export interface Outcome {
  readonly answer: number
  /** Which write the answer came from: equal numbers, equal write. */
  readonly writer: number
  readonly race: string | undefined
  undo(): void
}

const STEPS = 4_096

export class Memory {
  readonly words: Int32Array
  readonly #writers: Int32Array
  readonly #released: (Clock | undefined)[]
  readonly #plain: (PlainUse | undefined)[]
  readonly #isPlain: (boolean | undefined)[]
  readonly #privateTo = new Map<number, Set<number>>()
  readonly #touchedBy = new Map<number, Set<number>>()
  readonly #clocks: Clock[]
  readonly #predecessors: readonly (readonly number[])[]
  // A fingerprint of which write each cell holds, kept up step by step: two 32-bit sums that a key is made of.
  #low = 0
  #high = 0

  constructor(words: number, threads: number, predecessors: readonly (readonly number[])[]) {
    this.words = new Int32Array(words)
    this.#writers = new Int32Array(words)
    this.#released = new Array(words).fill(undefined)
    this.#plain = new Array(words).fill(undefined)
    this.#isPlain = new Array(words).fill(undefined)
    this.#clocks = Array.from({ length: threads }, () => new Array(threads).fill(0))
    this.#predecessors = predecessors
  }

  /** 53 bits over the cells' writes and the threads' points; equal states have equal keys. */
  key(points: readonly number[]): number {
    let low = this.#low
    let high = this.#high
    for (const [thread, point] of points.entries()) {
      low = (low + mix(point, thread * 2 + 1_000_003)) | 0
      high = (high + mix(point, thread * 2 + 2_000_003)) | 0
    }
    return (low >>> 0) * 2 ** 21 + (high >>> 11)
  }

  apply(thread: number, step: number, access: Access): Outcome {
    const { index } = access
    const { words } = this
    const before = {
      value: words[index],
      writer: this.#writers[index],
      released: this.#released[index],
      plain: this.#plain[index],
      clock: this.#clocks[thread],
      low: this.#low,
      high: this.#high
    }
    this.#checkUse(thread, access)
    this.#clocks[thread] = this.#tick(thread, step)
    const stores =
      access.kind === 'store' ||
      access.kind === 'write' ||
      (access.kind === 'exchange' && words[index] === access.expected)
    const race = access.kind === 'read' || access.kind === 'write' ? this.#plainAccess(thread, access) : undefined
    if (access.kind === 'load' || access.kind === 'exchange') this.#acquire(thread, index)
    if (stores) this.#write(thread, step, index, (access as { value: number }).value)
    if (stores && access.kind !== 'write') this.#released[index] = this.#clocks[thread]
    const isAnswered = access.kind !== 'store' && access.kind !== 'write'
    return {
      answer: isAnswered ? before.value : 0,
      writer: isAnswered ? before.writer : -1,
      race,
      undo: () => {
        words[index] = before.value
        this.#writers[index] = before.writer
        this.#released[index] = before.released
        this.#plain[index] = before.plain
        this.#clocks[thread] = before.clock
        this.#low = before.low
        this.#high = before.high
      }
    }
  }

  /** Remembers the claim and refutes it when a thread that can run at the same time has touched the cell or does. */
  claimPrivate(thread: number, index: number): void {
    setOf(this.#privateTo, index).add(thread)
  }

  /** Before the first step and after the last. */
  asCells(): AtomicCells {
    const { words } = this
    return {
      load: index => words[index],
      store: (index, value) => {
        words[index] = value
      },
      compareExchange: (index, expected, replacement) => {
        const found = words[index]
        if (found === expected) words[index] = replacement
        return found
      }
    }
  }

  asPlain(): PlainCells {
    const cells = this.asCells()
    return {
      read: index => cells.load(index),
      write: (index, value) => cells.store(index, value)
    }
  }

  #checkUse(thread: number, { index, kind }: Access): void {
    const isPlain = kind === 'read' || kind === 'write'
    this.#isPlain[index] ??= isPlain
    if (this.#isPlain[index] !== isPlain) throw new Error(`Cell ${index} is used both plainly and atomically.`)
    setOf(this.#touchedBy, index).add(thread)
    for (const owner of setOf(this.#privateTo, index)) {
      for (const other of setOf(this.#touchedBy, index)) {
        if (other !== owner && !this.#isOrdered(other, owner) && !this.#isOrdered(owner, other)) {
          throw new Error(`Cell ${index} is not private: threads ${owner} and ${other} use it.`)
        }
      }
    }
  }

  /** Whether the first thread has always ended before the second starts. */
  #isOrdered(first: number, second: number): boolean {
    return this.#predecessors[second].some(thread => thread === first || this.#isOrdered(first, thread))
  }

  #tick(thread: number, step: number): Clock {
    const clock = [...this.#clocks[thread]]
    if (step === 0) for (const other of this.#predecessors[thread]) joinInto(clock, this.#clocks[other])
    clock[thread] = step + 1
    return clock
  }

  #acquire(thread: number, index: number): void {
    const released = this.#released[index]
    if (released === undefined) return
    const clock = [...this.#clocks[thread]]
    joinInto(clock, released)
    this.#clocks[thread] = clock
  }

  #write(thread: number, step: number, index: number, value: number): void {
    const writer = thread * STEPS + step + 1
    const old = this.#writers[index]
    this.#low = (this.#low - mix(old, index) + mix(writer, index)) | 0
    this.#high = (this.#high - mix(old, index + 500_009) + mix(writer, index + 500_009)) | 0
    this.words[index] = value
    this.#writers[index] = writer
  }

  #plainAccess(thread: number, access: Access): string | undefined {
    const clock = this.#clocks[thread]
    const use = this.#plain[access.index] ?? { writer: -1, writeStep: 0, reads: clock.map(() => 0) }
    const isAfterWrite = use.writer === -1 || clock[use.writer] >= use.writeStep
    if (access.kind === 'read') {
      const reads = use.reads.map((step, each) => (each === thread ? clock[thread] : step))
      this.#plain[access.index] = { ...use, reads }
      return isAfterWrite ? undefined : `A race: cell ${access.index} is read while it is written.`
    }
    const isAfterReads = use.reads.every((step, each) => clock[each] >= step)
    this.#plain[access.index] = { writer: thread, writeStep: clock[thread], reads: clock.map(() => 0) }
    return isAfterWrite && isAfterReads ? undefined : `A race: cell ${access.index} is written while it is used.`
  }
}

function setOf(sets: Map<number, Set<number>>, key: number): Set<number> {
  const known = sets.get(key)
  if (known !== undefined) return known
  const created = new Set<number>()
  sets.set(key, created)
  return created
}

function joinInto(clock: number[], other: Clock): void {
  for (let thread = 0; thread < clock.length; thread++) clock[thread] = Math.max(clock[thread], other[thread])
}

function mix(value: number, salt: number): number {
  let mixed = Math.imul(value ^ (salt * 0x9e_37_79_b1), 0x85_eb_ca_6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2_b2_ae_35)
  mixed ^= Math.imul(salt + 0x27d4_eb2f, mixed | 1)
  return mixed ^ (mixed >>> 16)
}
