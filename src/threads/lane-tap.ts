// The lane's side of a tap: shows hops through a port of its own, as fast as they are taken from it.

import type { MessagePort } from 'node:worker_threads'
import type { Redaction } from '../base/redaction.ts'

import { type LaneParts, Tap, type TapCounts, type TapRow } from '../engine/index.ts'
import { type Region, StringReader } from '../shared-memory/index.ts'
import { createReveal } from './reveal.ts'

/** What the dashboard asks the lane for. */
export interface TapOrder {
  /** Id of the processor or sink. */
  readonly node: number
  /** Looked for in what a person would be shown, so that nobody finds out a secret by searching for it. */
  readonly text: string | undefined
  readonly rowsPerSecond: number
  /** Values that are masked in what is searched. */
  readonly secrets: readonly string[]
  readonly redaction: Redaction | undefined
}

export type TappedRow = TapRow & { readonly reason: string | undefined }

/** What comes through the port. Each is answered by any message, and the next comes after that. */
export interface Tapped {
  readonly rows: readonly TappedRow[]
  readonly counts: TapCounts
  /** Rows that were not taken in time, since the beginning. */
  readonly lost: number
}

const SEND_MILLISECONDS = 100
const MOST_WAITING = 1_000

/** Ends when the port is closed from the other side. */
export function openLaneTap(
  parts: LaneParts,
  region: Region,
  { node, text, ...order }: TapOrder,
  port: MessagePort
): void {
  const strings = new StringReader(region)
  const reveal = createReveal(order.secrets, order.redaction)
  let rows: TappedRow[] = []
  let lost = 0
  let isTaken = true
  const tap = new Tap({
    node,
    rowsPerSecond: order.rowsPerSecond,
    processorCount: parts.plan.processors.length,
    paths: parts.telemetry.paths,
    accepts: text === undefined ? undefined : value => reveal(Buffer.from(value.text), value.isCut).includes(text),
    onRow: row => {
      if (rows.length >= MOST_WAITING) lost++
      else rows.push({ ...row, reason: row.dropReason === undefined ? row.failure : strings.text(row.dropReason) })
    }
  })
  const unwatch = parts.watch(tap)
  const timer = setInterval(() => {
    if (!isTaken) return
    isTaken = false
    port.postMessage({ rows, counts: tap.counts, lost } satisfies Tapped)
    rows = []
  }, SEND_MILLISECONDS)
  port.on('message', () => {
    isTaken = true
  })
  port.on('close', () => {
    clearInterval(timer)
    unwatch()
  })
  // Neither keeps a lane alive whose input has ended.
  timer.unref()
  port.unref()
}
