// Errors of one kind, counted together: same processor, class, message but for its particulars, and place in the user's
// code. Counting is never suppressed; samples are, and the group says so. Bounded in groups and in bytes: of a flood of
// different errors the ones that came once give way first, and what gave way is counted.

import { createHash } from 'node:crypto'

import { messageKind } from '../base/message-kind.ts'
import { locationIn, topUserFrame } from './error-stack.ts'
import { failedAt, type RecentError } from './recent-error.ts'
import type { Reveal } from './reveal.ts'

const KEPT_SINGLES = 200
const KEPT_REPEATED = 400
const KEPT_BYTES = 16 * 1024 * 1024
const KNOWN_MESSAGES = 1_000
const RESERVOIR = 5
const KEPT_PATHS = 10
const ID_DIGITS = 12
const BUCKETS = 12
const BUCKET_MILLISECONDS = 5_000
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

interface PathErrors {
  readonly lane: RecentError['lane']
  readonly path: number
  errors: number
}

export class ErrorGroup {
  readonly id: string
  /** The message without its particulars. */
  readonly kind: string
  readonly frame: string | undefined
  readonly first: RecentError
  newest: RecentError
  count = 0
  /** How many of them no further try followed. */
  final = 0
  /** The ways by which the lines came, most of them. */
  readonly paths: PathErrors[] = []
  otherPathsErrors = 0
  readonly #reservoir: RecentError[] = []
  #drawn = 0
  /** Errors of the last minute, by five seconds. */
  readonly #buckets = new Float64Array(BUCKETS)
  #bucket = 0

  constructor(id: string, kind: string, frame: string | undefined, first: RecentError) {
    this.id = id
    this.kind = kind
    this.frame = frame
    this.first = first
    this.newest = first
  }

  add(error: RecentError): void {
    const { count, isFinal } = error.record
    this.count += count
    if (isFinal) this.final += count
    this.newest = error
    this.#sample(error)
    this.#countPath(error)
    this.#moveTo(Math.floor(failedAt(error) / BUCKET_MILLISECONDS))
    this.#buckets[this.#bucket % BUCKETS] += count
  }

  /** First, newest, and a few that were drawn from all others with equal chance; oldest first. */
  samples(): RecentError[] {
    return [...new Set([this.first, ...this.#reservoir, this.newest])].sort((a, b) => failedAt(a) - failedAt(b))
  }

  perSecond(nowMilliseconds: number): number {
    this.#moveTo(Math.floor(nowMilliseconds / BUCKET_MILLISECONDS))
    const errors = this.#buckets.reduce((sum, count) => sum + count, 0)
    return errors / ((BUCKETS * BUCKET_MILLISECONDS) / 1000)
  }

  #sample(error: RecentError): void {
    this.#drawn++
    if (this.#reservoir.length < RESERVOIR) {
      this.#reservoir.push(error)
      return
    }
    const place = Math.floor(Math.random() * this.#drawn)
    if (place < RESERVOIR) this.#reservoir[place] = error
  }

  #countPath({ lane, record }: RecentError): void {
    const known = this.paths.find(each => each.lane === lane && each.path === record.path)
    if (known !== undefined) known.errors += record.count
    else if (this.paths.length < KEPT_PATHS) this.paths.push({ lane, path: record.path, errors: record.count })
    else this.otherPathsErrors += record.count
  }

  #moveTo(bucket: number): void {
    if (bucket <= this.#bucket) return
    const passed = Math.min(BUCKETS, bucket - this.#bucket)
    for (let step = 1; step <= passed; step++) this.#buckets[(bucket - passed + step) % BUCKETS] = 0
    this.#bucket = bucket
  }
}

export class ErrorGroups {
  readonly #reveal: Reveal
  readonly #nodeNames: readonly string[]
  /** In order of their newest error: the first is the one that was silent longest. */
  readonly #singles = new Map<string, ErrorGroup>()
  readonly #repeated = new Map<string, ErrorGroup>()
  readonly #bytesOf = new Map<ErrorGroup, number>()
  #bytes = 0
  /** Ids of messages seen before, so that a storm of equal errors costs one look-up each. */
  readonly #known = new Map<string, string>()
  /** Groups that gave way to newer ones, and the errors that were counted in them. */
  forgotten = 0
  forgottenErrors = 0
  /** Errors that were counted here, by node; -1 is the engine. */
  readonly seen = new Map<number, number>()

  constructor(reveal: Reveal, nodeNames: readonly string[]) {
    this.#reveal = reveal
    this.#nodeNames = nodeNames
  }

  add(error: RecentError): void {
    const { node, count } = error.record
    this.seen.set(node, (this.seen.get(node) ?? 0) + count)
    const { id, make } = this.#identify(error)
    const group = this.#singles.get(id) ?? this.#repeated.get(id) ?? make()
    group.add(error)
    this.#singles.delete(id)
    this.#repeated.delete(id)
    ;(group.count > 1 ? this.#repeated : this.#singles).set(id, group)
    this.#measure(group)
    while (this.#singles.size > KEPT_SINGLES) this.#forget(this.#singles)
    while (this.#repeated.size > KEPT_REPEATED) this.#forget(this.#repeated)
    while (this.#bytes > KEPT_BYTES && this.#singles.size + this.#repeated.size > 1) {
      this.#forget(this.#singles.size > 1 ? this.#singles : this.#repeated)
    }
  }

  /** Most frequent first. */
  list(): ErrorGroup[] {
    return [...this.#singles.values(), ...this.#repeated.values()].sort((a, b) => b.count - a.count)
  }

  find(id: string): ErrorGroup | undefined {
    return this.#singles.get(id) ?? this.#repeated.get(id)
  }

  #forget(groups: Map<string, ErrorGroup>): void {
    const [id, group] = groups.entries().next().value!
    groups.delete(id)
    this.#bytes -= this.#bytesOf.get(group) ?? 0
    this.#bytesOf.delete(group)
    this.forgotten++
    this.forgottenErrors += group.count
  }

  #measure(group: ErrorGroup): void {
    const bytes = group.samples().reduce((sum, { record }) => {
      return sum + record.message.length + record.stack.length + record.line.length
    }, 0)
    this.#bytes += bytes - (this.#bytesOf.get(group) ?? 0)
    this.#bytesOf.set(group, bytes)
  }

  /** Secrets in a message neither split groups nor are they in an id. */
  #identify(error: RecentError): { readonly id: string; readonly make: () => ErrorGroup } {
    const { record } = error
    const name = decoder.decode(record.name)
    const message = decoder.decode(record.message)
    const frame = topUserFrame(record)
    const place = frame === undefined ? null : locationIn(frame)
    const exact = JSON.stringify([record.node, name, message, place])
    const make = (): ErrorGroup => new ErrorGroup(this.#known.get(exact)!, this.#kindOf(error), frame, error)
    let id = this.#known.get(exact)
    if (id === undefined) {
      if (this.#known.size >= KNOWN_MESSAGES) this.#known.clear()
      const parts = [this.#nodeNames[record.node] ?? null, name, this.#kindOf(error), place]
      id = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, ID_DIGITS)
      this.#known.set(exact, id)
    }
    return { id, make }
  }

  #kindOf({ record }: RecentError): string {
    return messageKind(this.#reveal(decoder.decode(record.message), record.isMessageCut))
  }
}
