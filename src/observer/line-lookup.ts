// "Where is line N of file F?" for every line that entered: where it went when that is kept, who has it while it is in
// flight, and else why nothing is known.

import type { FoundLine } from '../contract/line.ts'
import { type IndexedLine, type InFlightEntry, LANE, OUTCOME_NAMES } from '../shared-memory/index.ts'
import type { LaneReader } from './lane-reader.ts'
import { textBytes } from './line-text.ts'
import { isoMoment } from './moment.ts'
import type { RecentJourneys } from './recent-journeys.ts'
import type { Reveal } from './reveal.ts'
import type { SourceFile, SourceTexts } from './source-texts.ts'
import type { Names } from './trace-answer.ts'

/** A line by its number, or by the offset of its first byte. */
export type LinePlace =
  | { readonly sourceNumber: number; readonly lineNumber: number }
  | { readonly sourceNumber: number; readonly offset: number }

export interface LineLookup {
  readonly lanes: readonly LaneReader[]
  readonly recent: RecentJourneys
  readonly texts: SourceTexts
  readonly names: Names
  readonly files: readonly (SourceFile | undefined)[]
  readonly reveal: Reveal
  /** The run has ended: what was not read stays so. */
  readonly hasEnded: boolean
}

type Facts = Omit<FoundLine, 'lines_kept' | 'lines_before_window' | 'lines_left_out'>

const NOTHING: Omit<Facts, 'state' | 'message'> = {
  id: null,
  file: null,
  line_number: null,
  line_bytes: null,
  path: null,
  outcome: null,
  is_forked: null,
  waits: null,
  line: null,
  line_is_cut: false,
  text_from: null,
  no_text_because: null
}

/** Numbers of the sources that a name may mean: all of that name, else those whose path ends so, else by number. */
export function sourcesNamed(name: string, sources: readonly string[]): number[] {
  const numbers = [...sources.keys()].filter(number => sources[number] !== undefined)
  const exact = numbers.filter(number => sources[number] === name)
  if (exact.length > 0) return exact
  const ending = numbers.filter(number => sources[number].endsWith(`/${name}`))
  if (ending.length > 0) return ending
  return /^\d{1,9}$/.test(name) && numbers.includes(Number(name)) ? [Number(name)] : []
}

export function findLine(place: LinePlace, lookup: LineLookup): FoundLine {
  const counts = lookup.lanes.map(lane => lane.lines?.counts() ?? { written: 0, held: 0, left: 0 })
  const sum = (key: 'written' | 'held' | 'left'): number => counts.reduce((total, each) => total + each[key], 0)
  return {
    ...(settledLine(place, lookup) ?? waitingLine(place, lookup) ?? unknownLine(place, lookup)),
    lines_kept: sum('held'),
    lines_before_window: sum('written') - sum('held'),
    lines_left_out: sum('left')
  }
}

/** The answer when no source has the name that was given. */
export function noSuchFile(name: string, lookup: LineLookup): FoundLine {
  const known = lookup.names.sources.slice(0, 5).join(', ')
  const message = `No source is named ${name}. ${known === '' ? 'None was opened so far.' : `There are: ${known}.`}`
  return { ...findLine({ sourceNumber: -1, lineNumber: 0 }, lookup), ...NOTHING, state: 'no_such_file', message }
}

function settledLine(place: LinePlace, lookup: LineLookup): Facts | undefined {
  for (const lane of lookup.lanes) {
    const deaths = lane.journeys?.deaths() ?? []
    const isVoid = (epoch: number, sequence: number): boolean =>
      deaths.some(death => death.epoch === epoch && sequence >= death.voidFrom)
    const { sourceNumber } = place
    const line =
      'offset' in place
        ? lane.lines?.byOffset(sourceNumber, place.offset, isVoid)
        : lane.lines?.byNumber(sourceNumber, place.lineNumber, isVoid)
    if (line !== undefined) return describeSettled(sourceNumber, line, lane, lookup)
  }
  return undefined
}

function describeSettled(source: number, line: IndexedLine, lane: LaneReader, lookup: LineLookup): Facts {
  const { names } = lookup
  const nodes = lane.paths.nodesOf(line.path)
  const path = nodes.map(node => names.nodes[node] ?? '?')
  const outcome = OUTCOME_NAMES[line.outcome] ?? null
  const way = path.length === 0 ? '' : ` by way of ${path.join(' > ')}`
  return {
    ...NOTHING,
    state: 'settled',
    message: `Line ${line.lineNumber} is ${outcome ?? 'settled'}${way}.`,
    id: `${source}:${line.offset}`,
    file: names.sources[source] ?? null,
    line_number: line.lineNumber,
    line_bytes: line.bytes,
    path,
    outcome,
    is_forked: line.isForked,
    ...textOf(source, line, lane, lookup)
  }
}

function textOf(
  source: number,
  { offset, bytes }: IndexedLine,
  lane: LaneReader,
  { recent, texts, files, reveal }: LineLookup
): Pick<Facts, 'line' | 'line_is_cut' | 'text_from' | 'no_text_because'> {
  const journey = recent.at(lane, source, offset)
  if (journey !== undefined) {
    const text = textBytes({ offset, bytes: journey.text })
    return {
      line: reveal(text, journey.isCut),
      line_is_cut: journey.isCut,
      text_from: 'journey',
      no_text_because: null
    }
  }
  const found = texts.read(files[source], source, offset, bytes)
  if ('because' in found) return { line: null, line_is_cut: false, text_from: null, no_text_because: found.because }
  const text = textBytes({ offset, bytes: found.bytes })
  return { line: reveal(text, found.isCut), line_is_cut: found.isCut, text_from: 'source', no_text_because: null }
}

function waitingLine(place: LinePlace, lookup: LineLookup): Facts | undefined {
  const { names } = lookup
  for (const lane of lookup.lanes) {
    const entry = lane.inFlight.read().entries.find(each => isAt(each, place))
    if (entry === undefined) continue
    const processor = names.nodes[entry.node] ?? '?'
    return {
      ...NOTHING,
      state: 'in_flight',
      message: `Line ${entry.lineNumber} waits in ${processor}, in try ${entry.attempt}.`,
      id: `${entry.sourceNumber}:${entry.offset}`,
      file: names.sources[entry.sourceNumber] ?? null,
      line_number: entry.lineNumber,
      outcome: 'in_flight',
      waits: {
        processor,
        attempt: entry.attempt,
        since: isoMoment(lane.unixMilliseconds(entry.sinceMilliseconds)),
        is_parked: entry.isParked
      }
    }
  }
  return undefined
}

function isAt(entry: InFlightEntry, place: LinePlace): boolean {
  if (entry.sourceNumber !== place.sourceNumber) return false
  return 'offset' in place ? entry.offset === place.offset : entry.lineNumber === place.lineNumber
}

function unknownLine(place: LinePlace, lookup: LineLookup): Facts {
  const { sourceNumber } = place
  const [state, message] = stateOf(place, lookup)
  return {
    ...NOTHING,
    state,
    message,
    id: 'offset' in place ? `${sourceNumber}:${place.offset}` : null,
    file: lookup.names.sources[sourceNumber] ?? null,
    line_number: 'lineNumber' in place ? place.lineNumber : null,
    outcome: state === 'in_flight' ? 'in_flight' : null
  }
}

function stateOf(place: LinePlace, { lanes, hasEnded }: LineLookup): [FoundLine['state'], string] {
  if (lanes.every(lane => lane.lines === undefined)) {
    return ['not_indexed', 'Where lines went is not kept. Start the run with --trace to keep it.']
  }
  if (lanes.some(lane => lane.lines?.isWhole === false)) {
    return ['not_indexed', 'Where lines went cannot be read at the moment. Ask again.']
  }
  const at = 'offset' in place ? place.offset : place.lineNumber
  const ends = lanes.map(lane => boundsOf(lane, place))
  if (ends.some(({ read }) => at >= read.from && at < read.to)) {
    return ['in_flight', 'It was read and is not settled yet.']
  }
  if (ends.some(({ kept }) => kept !== undefined && at >= kept.from && at < kept.to)) {
    const hasDied = lanes.some(lane => (lane.journeys?.deaths() ?? []).length > 0)
    if (hasDied) return ['in_flight', 'A lane that died had it; it runs again.']
    if ('offset' in place) return ['no_such_line', 'No line begins at this offset.']
    return ['not_indexed', 'There was no room to keep where it went.']
  }
  if (at >= 0 && ends.some(({ kept, read }) => at < (kept?.from ?? read.from))) {
    return ['before_window', 'It is settled, before the lines of which it is kept where they went.']
  }
  if (hasEnded) return ['no_such_line', 'The run has ended, and it was not read: perhaps there is no such line.']
  return ['not_read', 'It was not read so far, if there is such a line.']
}

interface Span {
  readonly from: number
  /** Not included. */
  readonly to: number
}

/** What of the source is in the index, and what was read behind that; in lines or in bytes, as the place is given. */
function boundsOf(lane: LaneReader, place: LinePlace): { readonly kept: Span | undefined; readonly read: Span } {
  const { values } = lane
  const isOffset = 'offset' in place
  const window = lane.lines?.windowOf(place.sourceNumber)
  const first = isOffset ? window?.firstOffset : window?.firstLine
  const end = window === undefined ? 0 : isOffset ? window.endOffset : window.lastLine + 1
  // The snapshot is older than the index: what it calls open may be settled by now.
  const isCurrent = values[LANE.source_number] === place.sourceNumber && values[LANE.entered] > 0
  const settled = isOffset ? values[LANE.source_offset] : values[LANE.source_line] + 1
  const open = isOffset ? values[LANE.open_bytes] : values[LANE.open_lines]
  const from = isCurrent ? Math.max(end, settled) : end
  return {
    kept: first === undefined ? undefined : { from: first, to: end },
    read: { from, to: isCurrent ? Math.max(from, settled + open) : from }
  }
}
