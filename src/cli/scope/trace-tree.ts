// One journey as a tree: a fork has a branch for each way on, and each way ends with what became of the line.

import type { Hop, Leaf, Trace } from '../../contract/trace.ts'
import { oneLine } from '../dead-letters/escape-bytes.ts'
import { timeOf } from '../dead-letters/letter-text.ts'
import { cutToWidth, displayWidth, padToWidth } from '../display-width.ts'
import { formatBytes, formatSeconds } from '../numbers.ts'
import { safe } from '../output.ts'
import { placeOf } from './errors.ts'

const MARKS = { delivered: '✓', dropped: '○', dead: '✗', unmatched: '◇', joined: '⊃', in_flight: '…' } as const
/** Beyond, values are not aligned any more. */
const LONGEST_ALIGNED = 40

interface Row {
  readonly tree: string
  readonly note: string
}

/** No line is wider than `width`. */
export function describeTrace(trace: Trace, width: number): string {
  const cut = trace.line_is_cut ? ` (the first part of ${formatBytes(trace.line_bytes)})` : ''
  const head = [
    `${safe(trace.id)} · ${outcomeText(trace)} · ${placeOf(trace)}${cut}`,
    `│ ${oneLine(trace.line)}`,
    `read ${timeOf(Date.parse(trace.read_at))}, ${settledText(trace)}${factsOf(trace)}`,
    ...(trace.replay_of === null ? [] : [`a replay of the dead letter ${safe(trace.replay_of)}`])
  ]
  const rows = rowsOf(trace)
  const column = Math.min(LONGEST_ALIGNED, Math.max(...rows.map(({ tree }) => displayWidth(tree)), 0))
  const lines = [
    ...head,
    '',
    ...rows.map(({ tree, note }) => (note === '' ? tree : `${padToWidth(tree, column)}  ${note}`)),
    ...(trace.leaves_are_cut ? ['… it became more lines than are kept'] : [])
  ]
  return lines.map(line => cutToWidth(line, width)).join('\n')
}

export function outcomeText({ outcome, reason }: { outcome: keyof typeof MARKS; reason: string | null }): string {
  const why = reason === null ? '' : `: ${oneLine(reason, 60)}`
  return `${MARKS[outcome]} ${outcome.replace('_', ' ')}${why}`
}

function settledText({ read_at: read, settled_at: settled }: Trace): string {
  if (settled === null) return 'not settled yet'
  const milliseconds = Date.parse(settled) - Date.parse(read)
  // The clock of a journey has no smaller part.
  return `settled after ${milliseconds < 1 ? 'less than 1 ms' : formatSeconds(milliseconds / 1000)}`
}

function factsOf({ was_changed: wasChanged, had_errors: hadErrors, reasons }: Trace): string {
  const kept = reasons === null || reasons.length === 0 ? '' : `, kept as ${reasons.join(', ')}`
  return `${wasChanged ? ', changed' : ''}${hadErrors ? ', with failed tries' : ''}${kept}`
}

/** Without recursion: a journey may be long. */
function rowsOf({ hops, leaves }: Trace): Row[] {
  const children = new Map<number, number[]>()
  for (const [index, { parent }] of hops.entries()) push(children, parent ?? -1, index)
  const ends = new Map<number, Leaf[]>()
  for (const leaf of leaves) push(ends, leaf.hop ?? -1, leaf)
  const rows: Row[] = (ends.get(-1) ?? []).map(leaf => ({ tree: outcomeText(leaf), note: '' }))
  interface Step {
    readonly hop: number
    /** In front of its own line, and of all lines below it. */
    readonly branch: string
    readonly below: string
  }
  const steps: Step[] = (children.get(-1) ?? []).map(hop => ({ hop, branch: '', below: '' })).reverse()
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const { hop, branch, below } = step
    const ways = children.get(hop) ?? []
    const outcomes = ends.get(hop) ?? []
    rows.push({ tree: branch + safe(hops[hop].processor), note: noteOf(hops[hop]) })
    const isFork = ways.length + outcomes.length > 1
    const beside = `${below}${isFork ? '│ ' : '  '}`
    for (const text of eventsOf(hops[hop])) rows.push({ tree: beside + text, note: '' })
    for (const [index, leaf] of outcomes.entries()) {
      const isLast = ways.length === 0 && index === outcomes.length - 1
      rows.push({ tree: `${below}${isFork ? (isLast ? '└ ' : '├ ') : '  '}${outcomeText(leaf)}`, note: '' })
    }
    for (const [index, way] of ways.entries().toArray().reverse()) {
      const isLast = index === ways.length - 1
      if (isFork) {
        steps.push({ hop: way, branch: `${below}${isLast ? '└ ' : '├ '}`, below: `${below}${isLast ? '  ' : '│ '}` })
      } else steps.push({ hop: way, branch: below, below })
    }
  }
  return rows
}

function noteOf({ duration, is_estimated: isEstimate, waited, value }: Hop): string {
  const parts = [
    duration === null ? '' : `${isEstimate === true ? '~' : ''}${formatSeconds(duration)}`,
    waited === null || waited < 0.001 ? '' : `(waited ${formatSeconds(waited)})`,
    value === null ? '' : oneLine(value)
  ]
  return parts.filter(part => part !== '').join('  ')
}

/** Failed tries, and why lines were sent on. */
function eventsOf({ attempts, emitted }: Hop): string[] {
  const tries = (attempts ?? []).flatMap(({ attempt, error, duration }) => {
    if (error === null) return []
    const time = duration === null ? '' : ` after ${formatSeconds(duration)}`
    return [`try ${attempt} failed${time}: ${oneLine(error.name)}: ${oneLine(error.message)}`]
  })
  const reasons = (emitted ?? []).flatMap(({ tag, because }) =>
    because === null ? [] : [`to ${tag === null ? 'the next' : safe(tag)} because ${oneLine(because)}`]
  )
  return [...tries, ...reasons]
}

function push<Value>(map: Map<number, Value[]>, key: number, value: Value): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
