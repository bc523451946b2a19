// `linescope tap`: shows live lines as they come, and at the end how many there were.

import type { TapCounts, TapLine } from '../../contract/tap.ts'
import { oneLine } from '../dead-letters/escape-bytes.ts'
import { EXIT } from '../exit-codes.ts'
import { formatCount, formatNumberOf } from '../numbers.ts'
import { print, printError, safe } from '../output.ts'
import type { ScopeArguments } from './arguments.ts'
import { findRunning } from './find-run.ts'
import { printJson } from './json-output.ts'

export interface TapArguments extends ScopeArguments {
  readonly text?: string
  readonly lines: number
  readonly rate: number
  readonly seconds: number
}

const VALUE_CHARACTERS = 200

export async function showTap(name: string, pipeline: string | undefined, options: TapArguments): Promise<number> {
  const client = await findRunning(pipeline, options, 'live lines are')
  const query = new URLSearchParams({
    at: name,
    lines: String(options.lines),
    lines_per_second: String(options.rate),
    seconds: String(options.seconds),
    ...(options.text === undefined ? {} : { text: options.text })
  })
  let counts: TapCounts | undefined
  for await (const { event, data } of client.events(`/api/v1/tap?${query.toString()}`)) {
    if (event === 'counts') counts = JSON.parse(data) as TapCounts
    else if (event === 'end') {
      if (!options.json && counts !== undefined) printError(safe(`${countsText(counts)}. ${reasonOf(data)}`))
      return EXIT.done
    } else if (event === 'line' && !(options.json ? printJson(data) : print(lineText(JSON.parse(data) as TapLine))))
      break
  }
  return EXIT.done
}

function reasonOf(data: string): string {
  const { reason } = JSON.parse(data) as { reason: string }
  return `It ended: ${reason}.`
}

/** `shown 100 of about 18,400` */
function countsText({ shown, matching, seen, lost }: TapCounts): string {
  const among = matching === seen ? '' : ` that match, of ${formatNumberOf(seen, 'line')}`
  const missed = lost === 0 ? '' : `; ${formatCount(lost)} came too fast to be shown`
  return `Shown ${formatCount(shown)} of about ${formatCount(matching)}${among}${missed}`
}

function lineText({ at, file, line_number: lineNumber, change, reason, before, after }: TapLine): string {
  const why = reason === null ? '' : `: ${oneLine(reason, VALUE_CHARACTERS)}`
  const head = `${at.slice(11, 23)}  ${oneLine(`${file}:${lineNumber}`)}  ${change}${why}`
  const rows = [head, `    ${oneLine(before, VALUE_CHARACTERS)}`]
  for (const { to, value, is_changed: isChanged } of after) {
    rows.push(`  → ${oneLine(to)}${isChanged ? `: ${oneLine(value, VALUE_CHARACTERS)}` : ''}`)
  }
  return rows.join('\n')
}
