// `linescope stats`: the numbers of a run, once or again and again.

import { setTimeout as sleep } from 'node:timers/promises'

import type { Stats } from '../../contract/stats.ts'
import { EXIT } from '../exit-codes.ts'
import { ledgerLines, nodeTable } from '../ledger-text.ts'
import { formatCount, formatNumberOf, formatSeconds } from '../numbers.ts'
import { isTerminal, print, printError, safe } from '../output.ts'
import { terminalWidth } from '../terminal-size.ts'
import type { ScopeArguments } from './arguments.ts'
import type { RunClient } from './client.ts'
import { findRun } from './find-run.ts'
import { printJson } from './json-output.ts'
import { bottleneckSentence, inputText, latencyText, rateText, runTitle, stuckText } from './run-text.ts'
import { newestStored, type StoredStats, storedStats } from './stored-run.ts'
import { Unreachable } from './unreachable.ts'

export interface StatsArguments extends ScopeArguments {
  /** Again and again; else once. */
  readonly watch: boolean
  /** Seconds between two answers. */
  readonly interval: number
}

const CLEAR_SCREEN = '\x1b[H\x1b[2J\x1b[3J'

export async function showStats(pipeline: string | undefined, options: StatsArguments): Promise<number> {
  const found = await findRun(pipeline, options)
  if (found.kind === 'stored') {
    if (options.watch) {
      throw new Unreachable(`${found.reason}, so there is nothing to watch`, { hint: found.hint })
    }
    const { folder, checkpoint } = newestStored(found)
    const stats = storedStats(folder, checkpoint)
    if (options.json) printJson(stats)
    else printStored(stats)
    printError(safe(`${capital(found.reason)}: these are the numbers of its last commit, of ${stats.at}.`))
    return EXIT.done
  }
  const { client } = found
  for (;;) {
    const { text, body } = await client.get<Stats>('/stats', 'ledger')
    if (options.watch && !options.json && isTerminal('stdout')) print(CLEAR_SCREEN)
    const isRead = options.json ? printJson(text) : print(describe(body, client))
    if (!options.watch || !isRead) return EXIT.done
    await sleep(options.interval * 1000)
  }
}

function describe(stats: Stats, client: RunClient): string {
  const { rates, ledger } = stats
  const bottleneck = bottleneckSentence(stats)
  const input = inputText(stats)
  const over = formatSeconds(Math.round(rates.window_seconds))
  return [
    runTitle(stats, client.url),
    ...(bottleneck === undefined ? [] : [bottleneck]),
    '',
    ...nodeTable(stats, { withRates: true, width: terminalWidth() }),
    '',
    ...ledgerLines(ledger),
    '',
    `${rateText(stats)} (last ${over})`,
    ...[latencyText(stats), input].filter(text => text !== undefined),
    ...stuckText(stats),
    ...(stats.stop_reason === null ? [] : [`It ended: ${safe(stats.stop_reason)}`])
  ].join('\n')
}

function printStored(stats: StoredStats): void {
  const { pipeline, is_complete: isComplete, ledger, total_lines_processed: lines, total_errors: errors } = stats
  const what = isComplete ? 'read to the end of its input' : 'did not come to the end of its input'
  print(
    [
      safe(`${pipeline ?? stats.state_folder} · ${what}`),
      '',
      ...nodeTable(stats, { width: terminalWidth() }),
      '',
      ...ledgerLines(ledger),
      '',
      `${formatNumberOf(lines, 'line')} processed, ${formatNumberOf(errors, 'failed try').replace('trys', 'tries')}`,
      ...stats.inputs.map(({ file, line_number: line }) => safe(`${file}: up to line ${formatCount(line)}`))
    ].join('\n')
  )
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}
