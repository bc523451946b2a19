// `linescope trace`: the newest journeys, or one of them as a tree.

import type { FoundJourneys } from '../../contract/journey-query.ts'
import type { Trace, Traces } from '../../contract/trace.ts'
import { alignColumns } from '../columns.ts'
import { oneLine } from '../dead-letters/escape-bytes.ts'
import { EXIT } from '../exit-codes.ts'
import { formatNumberOf } from '../numbers.ts'
import { print, printError, safe } from '../output.ts'
import { terminalWidth } from '../terminal-size.ts'
import type { ScopeArguments } from './arguments.ts'
import type { RunClient } from './client.ts'
import { placeOf } from './errors.ts'
import { findRun } from './find-run.ts'
import { printJson } from './json-output.ts'
import { describeTrace, outcomeText } from './trace-tree.ts'
import { Unreachable } from './unreachable.ts'

export interface TraceArguments extends ScopeArguments {
  readonly limit: number
  readonly search?: string
}

const PATH_CHARACTERS = 60
const LINE_CHARACTERS = 200

export async function showTrace(
  id: string | undefined,
  pipeline: string | undefined,
  options: TraceArguments
): Promise<number> {
  const found = await findRun(pipeline, options)
  if (found.kind === 'stored') {
    const letter =
      id === undefined ? '' : ` If it failed for good: linescope dlq show ${id} ${pipeline ?? ''}`.trimEnd()
    throw new Unreachable(`${found.reason}, and all journeys are known only while it is`, {
      hint: `${found.hint} Those that were kept: linescope open ${pipeline ?? ''}`.trimEnd() + letter
    })
  }
  if (id !== undefined) return await showOne(found.client, id, options)
  if (options.search !== undefined) return await showFound(found.client, options.search, options)
  return await showNewest(found.client, options)
}

async function showFound(client: RunClient, search: string, options: TraceArguments): Promise<number> {
  const query = new URLSearchParams({ q: search, limit: String(options.limit) })
  const { text, body } = await client.get<FoundJourneys>(`/api/v1/journeys?${query.toString()}`, 'journeys')
  if (options.json) {
    printJson(text)
    return EXIT.done
  }
  printTable(body.journeys)
  printError(safe(`${formatNumberOf(body.found, 'journey')} found. ${body.message}`))
  return EXIT.done
}

async function showNewest(client: RunClient, options: TraceArguments): Promise<number> {
  const { text, body } = await client.get<Traces>(`/trace?limit=${options.limit}`, 'traces')
  if (options.json) {
    printJson(text)
    return EXIT.done
  }
  if (!body.tracing) printError(safe(`warning: ${body.hint ?? 'this run records no journeys: start it with --trace'}`))
  if (body.traces.length === 0) {
    if (body.tracing) print(safe(body.hint ?? 'No line has come to an end yet.'))
    return EXIT.done
  }
  printTable(body.traces.toReversed())
  return EXIT.done
}

function printTable(traces: readonly Trace[]): void {
  if (traces.length === 0) return
  const rows = [
    ['ID', 'PLACE', 'OUTCOME', 'PATH', 'LINE'],
    ...traces.map(trace => [
      safe(trace.id),
      placeOf(trace),
      outcomeText(trace),
      oneLine(trace.route === '' ? '–' : trace.route, PATH_CHARACTERS),
      oneLine(trace.line, LINE_CHARACTERS)
    ])
  ]
  const width = terminalWidth()
  print(alignColumns(rows, { left: [0, 1, 2, 3, 4], width, cut: 4, expendable: [] }).join('\n'))
}

async function showOne(client: RunClient, id: string, options: TraceArguments): Promise<number> {
  const found = await client.find<Trace>(`/api/v1/journeys/${encodeURIComponent(id)}`, 'hops')
  if (found !== undefined) {
    if (options.json) printJson(found.text)
    else print(describeTrace(found.body, terminalWidth()))
    return EXIT.done
  }
  const { body } = await client.get<Traces>('/trace?limit=1', 'traces')
  if (!body.tracing) throw new Unreachable('this run records no journeys', { hint: 'Start it with --trace.' })
  throw new Unreachable(`the journey ${id} is not kept, among the newest lines, or in flight`, {
    hint: 'linescope trace lists the newest; linescope dlq ls those that failed for good.'
  })
}
