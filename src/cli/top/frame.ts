// A frame of `top` as lines: what is known and how it is to be shown go in, nothing else.

import type { Errors } from '../../contract/errors.ts'
import type { Stats } from '../../contract/stats.ts'
import type { Traces } from '../../contract/trace.ts'
import { displayWidth, padToWidth } from '../display-width.ts'
import { ledgerEquation } from '../ledger-text.ts'
import { formatCount } from '../numbers.ts'
import { safe } from '../output.ts'
import {
  bottleneckSentence,
  inputShare,
  inputText,
  latencyText,
  rateText,
  runTitle,
  stuckText
} from '../scope/run-text.ts'
import type { NodeShares } from '../scope/shares.ts'
import type { TerminalSize } from '../terminal-size.ts'
import { detailLines } from './details.ts'
import { HELP_LINES } from './help.ts'
import type { RecentRates } from './rates.ts'
import { filterRows, rowsOf, sortRows, type TopRow, tableLines } from './rows.ts'
import { type Look, line, piece, type ScreenLine } from './style.ts'
import type { View } from './view.ts'

export interface Known {
  readonly stats: Stats
  readonly rates: RecentRates
  readonly shares: ReadonlyMap<string, NodeShares>
  readonly url: string
  /** Why the numbers are old; undefined while the run answers. */
  readonly disconnected: string | undefined
  /** Of the selected row, once they have come. */
  readonly errors: Errors | undefined
  readonly traces: Traces | undefined
}

const FOOTER_ROWS = 1
const BAR_COLUMNS = 20
const KEYS = 'q quit  ? help  ↑↓ select  enter details  s sort  S reverse  / filter  p pause'

const STATE_LOOKS: Readonly<Record<Stats['state'], Look>> = {
  starting: 'yellow',
  running: 'green',
  paused: 'yellow',
  stopping: 'yellow',
  finished: 'bold',
  failed: 'red',
  crashed: 'red'
}

/** In the order in which they stand on the screen. */
export function shownRows({ stats, rates, shares }: Known, { filter, sort, isReversed }: View): TopRow[] {
  return sortRows(filterRows(rowsOf(stats, rates, shares), filter), sort, isReversed)
}

/** How many rows of the table fit. */
export function pageRows(known: Known, { columns, rows }: TerminalSize): number {
  return Math.max(1, rows - headLines(known, columns).length - 1 - FOOTER_ROWS)
}

export function frame(known: Known, view: View, size: TerminalSize): ScreenLine[] {
  const { columns, rows } = size
  const body = bodyOf(known, view, size)
  const room = rows - FOOTER_ROWS
  const lines = body.length > room ? [...body.slice(0, room - 1), line('…', 'dim')] : body
  while (lines.length < room) lines.push([])
  return [...lines, footer(known, view, columns)]
}

function bodyOf(known: Known, view: View, size: TerminalSize): ScreenLine[] {
  if (view.page === 'help') return HELP_LINES.map(text => line(text))
  const rows = shownRows(known, view)
  const selected = rows.find(({ name }) => name === view.selected) ?? rows.at(0)
  if (view.page === 'details' && selected !== undefined) return detailLines(known, selected, size.columns)
  return [...headLines(known, size.columns), ...table(rows, selected, view, pageRows(known, size), size.columns)]
}

/** Above the table; the last one is empty. Also what is printed where there is no screen. */
export function headLines({ stats, url }: Known, columns: number): ScreenLine[] {
  const { ledger } = stats
  const bottleneck = bottleneckSentence(stats)
  const input = inputText(stats)
  const latency = latencyText(stats)
  const lines: ScreenLine[] = [
    [piece(runTitle(stats, url), STATE_LOOKS[stats.state])],
    ...(bottleneck === undefined ? [] : wrapped(bottleneck, columns).map(text => line(text, 'bold'))),
    line(rateText(stats)),
    ...(latency === undefined ? [] : [line(latency)]),
    ...(input === undefined ? [] : [line(stats.input.total_bytes === null ? input : `${bar(stats)}  ${input}`)]),
    [
      piece(`${formatCount(ledger.unaccounted)} unaccounted`, ledger.unaccounted === 0 ? 'plain' : 'red'),
      piece(` · ${ledgerEquation(ledger)}`)
    ],
    ...stuckText(stats).map(text => line(text, 'yellow')),
    ...(stats.stop_reason === null ? [] : [line(`It ended: ${safe(stats.stop_reason)}`, 'red')]),
    []
  ]
  return lines
}

function bar({ input }: Stats): string {
  const full = Math.round(inputShare(input) * BAR_COLUMNS)
  return `${'█'.repeat(full)}${'░'.repeat(BAR_COLUMNS - full)}`
}

/** On as many lines as it takes, three at most. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || displayWidth(last) + 1 + displayWidth(word) > columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.slice(0, 3)
}

function table(
  rows: readonly TopRow[],
  selected: TopRow | undefined,
  view: View,
  roomRows: number,
  columns: number
): ScreenLine[] {
  const [head, ...texts] = tableLines(rows, view.sort, view.isReversed, columns)
  if (rows.length === 0) return [line(head, 'bold'), line(`No name contains "${safe(view.filter)}".`)]
  const at = selected === undefined ? 0 : rows.indexOf(selected)
  const first = Math.max(0, Math.min(at - Math.floor(roomRows / 2), rows.length - roomRows))
  return [
    line(head, 'bold'),
    ...texts.slice(first, first + roomRows).map((text, index) => {
      const row = rows[first + index]
      if (row === selected) return line(padToWidth(text, columns), 'inverse')
      return line(text, (row.rates?.errors ?? 0) > 0 ? 'red' : 'plain')
    })
  ]
}

function footer(known: Known, view: View, columns: number): ScreenLine {
  if (known.disconnected !== undefined) {
    return line(padToWidth(`disconnected, trying again (${known.disconnected})  q quit`, columns), 'red')
  }
  if (view.isTyping) return line(`filter: ${safe(view.filter)}▏  enter keeps it, esc drops it`)
  const marks = [
    ...(view.isPaused ? ['PAUSED, p goes on'] : []),
    ...(view.filter === '' ? [] : [`filter "${safe(view.filter)}", esc drops it`]),
    ...(view.sort === 'order' && !view.isReversed ? [] : [`by ${view.sort}${view.isReversed ? ', reversed' : ''}`])
  ]
  const keys = view.page === 'table' ? KEYS : 'esc back  ? help  p pause'
  return [...(marks.length === 0 ? [] : [piece(`${marks.join(' · ')}  `, 'yellow')]), piece(keys, 'dim')]
}
