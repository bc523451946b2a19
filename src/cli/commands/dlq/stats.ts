// `linescope dlq stats`: how many dead letters there are, where, and why.

import { Command } from 'commander'
import type { Dropped } from '../../../state/dead-letter-log/discard-encoding.ts'
import { readDropped } from '../../../state/dead-letter-log/discards-reader.ts'
import { errorOf } from '../../../state/dead-letter-log/filter.ts'
import { isoMoment } from '../../../state/dead-letter-log/letter-json.ts'
import type { StoredLetter } from '../../../state/dead-letter-log/reader.ts'
import { ColumnOutput } from '../../dead-letters/column-output.ts'
import { oneLine } from '../../dead-letters/escape-bytes.ts'
import { addFilters, type FilterArguments } from '../../dead-letters/filter.ts'
import { type Reveal, timeOf } from '../../dead-letters/letter-text.ts'
import { openLog } from '../../dead-letters/open-log.ts'
import { withoutParticulars } from '../../dead-letters/particulars.ts'
import { LogScan } from '../../dead-letters/scan.ts'
import { formatBytes, formatCount, formatNumberOf } from '../../numbers.ts'
import { print } from '../../output.ts'

const GROUPS_KEPT = 1000
const GROUPS_SHOWN = 20
const ERROR_CHARACTERS = 80

export function statsCommand(): Command {
  const command = new Command('stats')
    .description('Count dead letters by processor and error.')
    .argument('[pipeline]', 'pipeline file')
  return addFilters(command).action(async (pipeline: string | undefined, options: FilterArguments) => {
    const log = await openLog(pipeline, options.state)
    const scan = new LogScan(log, options)
    const totals = new Totals(log.reveal)
    for (const stored of scan.wanted()) totals.add(stored)
    const dropped = readDropped(log.stateFolder)
    if (options.json) print(JSON.stringify(totals.toJson(scan, dropped)))
    else {
      if (scan.found > 0) printTotals(totals, scan)
      if (dropped.letters > 0) printDropped(dropped)
    }
    process.exit(scan.end())
  })
}

interface Group {
  readonly kind: string
  readonly processor: string
  /** The newest. */
  error: string
  count: number
  firstAt: number
  lastAt: number
}

export type StatsJson = ReturnType<Totals['toJson']>

class Totals {
  readonly #reveal: Reveal
  readonly #groups = new Map<string, Group>()
  readonly counts = { dead: 0, unmatched: 0 }
  bytes = 0
  /** Letters of groups beyond those that are kept. */
  ungrouped = 0
  firstAt = Number.POSITIVE_INFINITY
  lastAt = Number.NEGATIVE_INFINITY

  constructor(reveal: Reveal) {
    this.#reveal = reveal
  }

  add({ letter, start, end }: StoredLetter): void {
    const { kind, processor, atMilliseconds: at } = letter
    this.counts[kind]++
    this.bytes += end.length - start.length
    this.firstAt = Math.min(this.firstAt, at)
    this.lastAt = Math.max(this.lastAt, at)
    const error = errorOf(letter, this.#reveal)
    const key = JSON.stringify([kind, processor, withoutParticulars(error)])
    const group = this.#groups.get(key)
    if (group !== undefined) {
      group.count++
      group.error = error
      group.firstAt = Math.min(group.firstAt, at)
      group.lastAt = Math.max(group.lastAt, at)
    } else if (this.#groups.size < GROUPS_KEPT) {
      this.#groups.set(key, { kind, processor, error, count: 1, firstAt: at, lastAt: at })
    } else this.ungrouped++
  }

  /** The most frequent first. */
  groups(): Group[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count)
  }

  toJson(scan: LogScan, dropped: Dropped) {
    return {
      letters: scan.found,
      ...this.counts,
      bytes: this.bytes,
      first_at: scan.found === 0 ? null : isoMoment(this.firstAt),
      last_at: scan.found === 0 ? null : isoMoment(this.lastAt),
      discarded: scan.discarded,
      damaged: scan.damaged,
      dropped: dropped.letters,
      dropped_bytes: dropped.bytes,
      groups: this.groups().map(({ kind, processor, error, count, firstAt, lastAt }) => ({
        count,
        kind,
        processor: processor === '' ? null : processor,
        error,
        first_at: isoMoment(firstAt),
        last_at: isoMoment(lastAt)
      })),
      ungrouped: this.ungrouped
    }
  }
}

function printDropped({ letters, bytes }: Dropped): void {
  const what = `${formatNumberOf(letters, 'letter')} (${formatBytes(bytes)})`
  print(`Dropped to keep within dead_letters: max_bytes: ${what}`)
}

function printTotals(totals: Totals, scan: LogScan): void {
  const { dead, unmatched } = totals.counts
  const parts = [`${formatCount(dead)} dead`, `${formatCount(unmatched)} unmatched`]
  if (scan.discarded > 0) parts.push(`${formatCount(scan.discarded)} discarded`)
  const span = `${timeOf(totals.firstAt)} to ${timeOf(totals.lastAt)}`
  print(`${parts.join(', ')}; ${formatBytes(totals.bytes)}; ${span}\n`)
  const groups = totals.groups()
  const output = new ColumnOutput(['COUNT', 'KIND', 'PROCESSOR', 'NEWEST', 'ERROR'], 0)
  for (const { count, kind, processor, lastAt, error } of groups.slice(0, GROUPS_SHOWN)) {
    const row = [formatCount(count), kind, oneLine(processor), timeOf(lastAt), oneLine(error, ERROR_CHARACTERS)]
    if (!output.write(row)) break
  }
  output.end()
  const rest = groups.slice(GROUPS_SHOWN).reduce((sum, { count }) => sum + count, totals.ungrouped)
  if (rest > 0) print(`… and ${formatNumberOf(rest, 'letter')} of other kinds`)
}
