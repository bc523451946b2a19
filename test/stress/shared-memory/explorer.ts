// Runs threads of a protocol in every possible order, one memory access at a time, and looks for orders that break it.
//
// The code under test is the real one, written against AtomicCells. A thread is a function; to take one more step it
// is run again from its start with the answers that it had so far, and stopped at the first access that has none.
// So its local state needs no copying, and whatever it does depends on the answers alone.
//
// Two orders that give every thread the same answers and leave the same memory are one state and explored once. An
// answer includes which write it came from, so that states also agree on what happened before what.
//
// Not every access is a place to switch threads. Plain accesses are checked for races instead (vector clocks: two of
// them to one cell, one a write, must be ordered by atomics); without a race the order of plain accesses is seen by
// nobody. A model may have cells treated as plain that the code accesses atomically: the check is only stricter.
// Cells that a model declares private to a thread are not switched at either, and that claim is checked too.

import type { AtomicCells } from '../../../src/shared-memory/cells.ts'
import { Memory } from './explorer-memory.ts'

export interface PlainCells {
  read(index: number): number
  write(index: number, value: number): void
}

export interface ModelThread {
  readonly name: string
  /** Deterministic. Throws when it sees what may not be. */
  run(cells: AtomicCells, plain: PlainCells): unknown
  /** Starts when these threads have ended or died: as after their `exit` event. */
  readonly after?: readonly string[]
  /** May die before any of its accesses. */
  readonly mayDie?: boolean
  /** Of these, the cells before whose access it makes a difference; default all. */
  readonly diesBefore?: (index: number) => boolean
}

export interface Model {
  readonly words: number
  /** Fills the memory before any thread starts. */
  readonly initial?: (cells: AtomicCells, plain: PlainCells) => void
  readonly threads: readonly ModelThread[]
  /** Cells checked for races as if they were plain. */
  readonly isOwned?: (index: number) => boolean
  /** Cells that no thread touches which can run at the same time as this one. */
  readonly isPrivate?: (thread: string, index: number) => boolean
  /** Called at the end of every order; throws when the law is broken. */
  readonly atEnd?: (end: End) => void
}

export interface End {
  readonly cells: AtomicCells
  /** What each thread returned; missing for one that died. */
  readonly results: ReadonlyMap<string, unknown>
}

export interface Exploration {
  readonly states: number
  /** Different orders from start to end that lead through these states; steps that nobody sees in one order only. */
  readonly orders: number
  /** Of these, states in which a thread has just died. */
  readonly deaths: number
  readonly ends: number
  /** The first one found, with the order that leads to it. */
  readonly violation: string | undefined
}

export type Access =
  | { readonly kind: 'load' | 'read'; readonly index: number }
  | { readonly kind: 'store' | 'write'; readonly index: number; readonly value: number }
  | { readonly kind: 'exchange'; readonly index: number; readonly expected: number; readonly value: number }

/** What a thread does next, given the answers that it had. */
interface Point {
  readonly id: number
  readonly answers: readonly number[]
  readonly next: Access | undefined
  readonly result: unknown
  /** What it threw, in words. */
  readonly failure: string | undefined
  readonly following: Map<string, Point>
}

const MAX_STATES = 6_000_000

export function explore(model: Model): Exploration {
  return new Explorer(model).run()
}

export function describeExploration({ states, orders, deaths, ends }: Exploration): string {
  return `${states} states, ${orders.toPrecision(3)} orders, ${deaths} deaths, ${ends} ends`
}

class Explorer {
  readonly #model: Model
  readonly #memory: Memory
  /** How many orders lead from each state to an end. */
  readonly #seen = new Map<number, number>()
  readonly #points: Point[]
  readonly #dead: boolean[]
  readonly #predecessors: number[][]
  readonly #order: string[] = []
  #pointCount = 0
  #deaths = 0
  #ends = 0
  #violation: string | undefined

  constructor(model: Model) {
    this.#model = model
    const names = model.threads.map(thread => thread.name)
    this.#predecessors = model.threads.map(thread => (thread.after ?? []).map(name => names.indexOf(name)))
    this.#memory = new Memory(model.words, model.threads.length, this.#predecessors)
    model.initial?.(this.#memory.asCells(), this.#memory.asPlain())
    this.#points = model.threads.map((_, thread) => this.#point(thread, []))
    this.#dead = model.threads.map(() => false)
  }

  run(): Exploration {
    const orders = this.#visit()
    return { states: this.#seen.size, orders, deaths: this.#deaths, ends: this.#ends, violation: this.#violation }
  }

  /** Returns how many orders lead from here to an end. */
  #visit(): number {
    const key = this.#memory.key(this.#points.map((point, thread) => point.id * 2 + (this.#dead[thread] ? 1 : 0)))
    const known = this.#seen.get(key)
    if (known !== undefined || this.#violation !== undefined) return known ?? 0
    if (this.#seen.size > MAX_STATES) throw new Error('This model is too large to explore.')
    this.#seen.set(key, 0)
    const ready = this.#points.flatMap((_, thread) => (this.#canRun(thread) ? [thread] : []))
    if (ready.length === 0) this.#end()
    const alone = ready.find(thread => this.#isUnseen(thread))
    let orders = ready.length === 0 ? 1 : 0
    for (const thread of alone === undefined ? ready : [alone]) orders += this.#die(thread) + this.#step(thread)
    this.#seen.set(key, orders)
    return orders
  }

  #die(thread: number): number {
    const { name, mayDie, diesBefore } = this.#model.threads[thread]
    const access = this.#points[thread].next
    // Dying before a look is dying before the next change: nobody can tell.
    if (mayDie !== true || access === undefined || access.kind === 'load' || access.kind === 'read') return 0
    if (diesBefore?.(access.index) === false) return 0
    const states = this.#seen.size
    this.#dead[thread] = true
    this.#order.push(`${name} dies`)
    const orders = this.#visit()
    this.#order.pop()
    this.#dead[thread] = false
    if (this.#seen.size > states) this.#deaths++
    return orders
  }

  #step(thread: number): number {
    const point = this.#points[thread]
    const access = point.next
    if (access === undefined) return 0
    this.#order.push(`${this.#model.threads[thread].name}: ${describe(access)}`)
    const outcome = this.#memory.apply(thread, point.answers.length, access)
    if (outcome.race !== undefined) this.#report(outcome.race)
    const label = `${outcome.answer}/${outcome.writer}`
    const known = point.following.get(label)
    const following = known ?? this.#point(thread, [...point.answers, outcome.answer])
    if (known === undefined) point.following.set(label, following)
    if (following.failure !== undefined) this.#report(following.failure)
    this.#points[thread] = following
    const orders = this.#visit()
    this.#points[thread] = point
    outcome.undo()
    this.#order.pop()
    return orders
  }

  #canRun(thread: number): boolean {
    if (this.#dead[thread] || this.#points[thread].next === undefined) return false
    return this.#predecessors[thread].every(other => this.#dead[other] || this.#points[other].next === undefined)
  }

  /** Whether no other thread could tell if it ran before this step or after. */
  #isUnseen(thread: number): boolean {
    const access = this.#points[thread].next
    if (access === undefined) return false
    if (access.kind === 'read' || access.kind === 'write') return true
    if (this.#model.isPrivate?.(this.#model.threads[thread].name, access.index) !== true) return false
    this.#memory.claimPrivate(thread, access.index)
    return true
  }

  #end(): void {
    this.#ends++
    const results = new Map<string, unknown>()
    for (const [thread, { name }] of this.#model.threads.entries()) {
      if (!this.#dead[thread]) results.set(name, this.#points[thread].result)
    }
    try {
      this.#model.atEnd?.({ cells: this.#memory.asCells(), results })
    } catch (error) {
      this.#report(String(error))
    }
  }

  #report(what: string): void {
    this.#violation ??= `${what}\n  ${this.#order.join('\n  ')}`
  }

  #point(thread: number, answers: readonly number[]): Point {
    const replay = new Replay(answers, this.#model.isOwned ?? (() => false))
    let result: unknown
    let failure: string | undefined
    try {
      result = this.#model.threads[thread].run(replay, replay)
    } catch (error) {
      if (error !== replay.end) failure = String(error)
    }
    const next = failure === undefined ? replay.next : undefined
    return { id: this.#pointCount++, answers, next, result, failure, following: new Map() }
  }
}

/** Gives a thread the answers that it had and stops it, by throwing `end`, at the first access without one. */
class Replay implements AtomicCells, PlainCells {
  readonly end = new Error('stopped at an access without an answer')
  next: Access | undefined
  readonly #answers: readonly number[]
  readonly #isOwned: (index: number) => boolean
  #given = 0

  constructor(answers: readonly number[], isOwned: (index: number) => boolean) {
    this.#answers = answers
    this.#isOwned = isOwned
  }

  load(index: number): number {
    return this.#answer({ kind: this.#isOwned(index) ? 'read' : 'load', index })
  }

  store(index: number, value: number): void {
    this.#answer({ kind: this.#isOwned(index) ? 'write' : 'store', index, value: value | 0 })
  }

  compareExchange(index: number, expected: number, replacement: number): number {
    return this.#answer({ kind: 'exchange', index, expected, value: replacement })
  }

  read(index: number): number {
    return this.#answer({ kind: 'read', index })
  }

  write(index: number, value: number): void {
    this.#answer({ kind: 'write', index, value: value | 0 })
  }

  #answer(access: Access): number {
    if (this.#given < this.#answers.length) return this.#answers[this.#given++]
    this.next = access
    throw this.end
  }
}

function describe(access: Access): string {
  switch (access.kind) {
    case 'load':
    case 'read':
      return `${access.kind} [${access.index}]`
    case 'store':
    case 'write':
      return `${access.kind} [${access.index}] = ${access.value}`
    case 'exchange':
      return `exchange [${access.index}] ${access.expected} → ${access.value}`
  }
}
