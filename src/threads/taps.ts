// The dashboard's side of taps: asks the lane for live lines, shows them as text for people, and goes on with the
// successor of a lane that dies.

import { MessageChannel, type MessagePort } from 'node:worker_threads'

import type { Redaction } from '../base/redaction.ts'
import type { PipelineDescription } from '../contract/pipeline.ts'
import type { OpenTap, TapCounts, TapLine, TapListener, TapRequest } from '../contract/tap.ts'
import type { Reveal } from '../observer/reveal.ts'
import type { TapOrder, Tapped, TappedRow } from './lane-tap.ts'

const MOST_AT_ONCE = 8
const AGAIN_MILLISECONDS = 250
const COUNTS_MILLISECONDS = 1_000

export interface TapsSettings {
  readonly pipeline: PipelineDescription
  readonly secrets: readonly string[]
  readonly redaction: Redaction | undefined
  readonly reveal: Reveal
  /** Passes the order and one end of a channel on to the lane. */
  readonly order: (order: TapOrder, port: MessagePort) => void
  /** The run reads no line any more. */
  readonly isOver: () => boolean
}

export class Taps {
  readonly #settings: TapsSettings
  readonly #names: readonly string[]
  readonly #open = new Set<OpenedTap>()

  constructor(settings: TapsSettings) {
    this.#settings = settings
    this.#names = [...settings.pipeline.processors, ...settings.pipeline.sinks].map(({ name }) => name)
  }

  readonly open: OpenTap = (request, listener) => {
    const node = this.#names.indexOf(request.at)
    if (node === -1) {
      const names = this.#names.map(name => JSON.stringify(name)).join(', ')
      return { status: 404, error: 'not_found', message: `Nothing is named ${JSON.stringify(request.at)}: ${names}.` }
    }
    if (this.#open.size >= MOST_AT_ONCE) {
      return { status: 503, error: 'busy', message: `There are ${MOST_AT_ONCE} taps at once, and no more.` }
    }
    const tap = new OpenedTap(this.#settings, this.#names, node, request, {
      ...listener,
      end: reason => {
        this.#open.delete(tap)
        listener.end(reason)
      }
    })
    this.#open.add(tap)
    return () => {
      this.#open.delete(tap)
      tap.close()
    }
  }

  close(): void {
    for (const tap of [...this.#open]) tap.end('the run is stopping')
  }
}

class OpenedTap {
  readonly #settings: TapsSettings
  readonly #names: readonly string[]
  readonly #order: TapOrder
  readonly #request: TapRequest
  readonly #listener: TapListener
  readonly #timers: NodeJS.Timeout[] = []
  #port: MessagePort | undefined
  #isClosed = false
  #shown = 0
  #lostHere = 0
  /** Of lanes that have died. */
  #before = NOTHING
  #now = NOTHING

  constructor(
    settings: TapsSettings,
    names: readonly string[],
    node: number,
    request: TapRequest,
    listener: TapListener
  ) {
    this.#settings = settings
    this.#names = names
    this.#request = request
    this.#listener = listener
    const { text, linesPerSecond } = request
    this.#order = {
      node,
      text,
      rowsPerSecond: linesPerSecond,
      secrets: settings.secrets,
      redaction: settings.redaction
    }
    this.#timers.push(
      setInterval(() => this.#tellCounts(), COUNTS_MILLISECONDS),
      setTimeout(() => this.end('its time is up'), request.seconds * 1_000)
    )
    this.#ask()
  }

  end(reason: string): void {
    if (this.#isClosed) return
    this.close()
    this.#tellCounts()
    this.#listener.end(reason)
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#port?.close()
  }

  #ask(): void {
    if (this.#isClosed) return
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.on('message', (tapped: Tapped) => this.#take(tapped, port1))
    // The lane has died or ended.
    port1.on('close', () => {
      this.#before = sum(this.#before, this.#now)
      this.#now = NOTHING
      if (this.#isClosed) return
      if (this.#settings.isOver()) this.end('the run has read all of its input')
      else this.#timers.push(setTimeout(() => this.#ask(), AGAIN_MILLISECONDS))
    })
    this.#settings.order(this.#order, port2)
  }

  #take({ rows, counts, lost }: Tapped, port: MessagePort): void {
    this.#now = { ...counts, lost }
    for (const row of rows) {
      if (this.#isClosed) return
      if (!this.#listener.line(this.#lineOf(row))) {
        this.#lostHere++
        continue
      }
      if (++this.#shown === this.#request.lines) this.end(`${this.#shown} lines were shown`)
    }
    if (!this.#isClosed) port.postMessage('taken')
  }

  #tellCounts(): void {
    const { seen, lookedAt, matched, lost } = sum(this.#before, this.#now)
    const matching = lookedAt === 0 ? 0 : Math.round((matched / lookedAt) * seen)
    const counts: TapCounts = { shown: this.#shown, matching, seen, looked_at: lookedAt, lost: lost + this.#lostHere }
    this.#listener.counts(counts)
  }

  #lineOf(row: TappedRow): TapLine {
    const { reveal } = this.#settings
    const { before, after, outcome, reason } = row
    return {
      id: row.id,
      file: reveal(row.source),
      line_number: row.lineNumber,
      at: new Date(row.atMilliseconds).toISOString(),
      before: reveal(Buffer.from(before.text), before.isCut),
      before_is_cut: before.isCut,
      is_record: before.isRecord,
      change: outcome === 'emitted' ? changeOf(after) : outcome,
      reason: reason === undefined ? null : reveal(Buffer.from(reason)),
      failed_attempts: row.failedAttempts,
      after: after.map(({ node, value, isChanged }) => ({
        to: this.#names[node] ?? '?',
        value: reveal(Buffer.from(value.text), value.isCut),
        is_cut: value.isCut,
        is_record: value.isRecord,
        is_changed: isChanged
      }))
    }
  }
}

const NOTHING = { seen: 0, lookedAt: 0, matched: 0, lost: 0 }

function sum(a: typeof NOTHING, b: typeof NOTHING): typeof NOTHING {
  return {
    seen: a.seen + b.seen,
    lookedAt: a.lookedAt + b.lookedAt,
    matched: a.matched + b.matched,
    lost: a.lost + b.lost
  }
}

function changeOf(after: TappedRow['after']): TapLine['change'] {
  if (after.length > 1) return 'split'
  return after.some(({ isChanged }) => isChanged) ? 'modified' : 'unmodified'
}
