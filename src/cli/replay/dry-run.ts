// `linescope replay --dry-run`: what would become of the letters now, beside what became of them. Nothing is written,
// not even a lock is taken.

import { UserError } from '../../base/user-error.ts'
import { builtins } from '../../builtins.ts'
import type { ReplayRequest } from '../../contract/replay.ts'
import { errorOf } from '../../state/dead-letter-log/filter.ts'
import type { DeadLetter } from '../../state/dead-letter-log/letter.ts'
import { changedValueOf } from '../../state/dead-letter-log/letter-json.ts'
import { REFUSALS } from '../../state/replay/outcome.ts'
import type { TriedWay } from '../../threads/hop-recorder.ts'
import { choiceOf } from '../../threads/replay-request.ts'
import { chooseLetters } from '../../threads/replay-select.ts'
import { type Trial, tryReplay } from '../../threads/replay-trial.ts'
import { trialJson } from '../../threads/trial-json.ts'
import { oneLine } from '../dead-letters/escape-bytes.ts'
import { numberOf, placeOf, type Reveal } from '../dead-letters/letter-text.ts'
import { EXIT } from '../exit-codes.ts'
import { formatNumberOf } from '../numbers.ts'
import { print, printError } from '../output.ts'
import { ReplayFailed } from './offline.ts'
import type { ReplayArguments } from './request.ts'
import { planOf, type Target } from './target.ts'

const SHOWN_LETTERS = 20
const ERROR_CHARACTERS = 60
const VALUE_CHARACTERS = 58

export async function dryRun(target: Target, request: ReplayRequest, options: ReplayArguments): Promise<number> {
  const { stateFolder, reveal } = target.log
  const { plan } = await planOf(target)
  const choice = choiceOf(request)
  const limit = Math.min(choice.limit, options.json ? Number.POSITIVE_INFINITY : SHOWN_LETTERS)
  const chosen = await chooseLetters(stateFolder, plan, { ...choice, limit }, reveal, true)
  if (chosen.missing.length > 0) throw new UserError(`there is no dead letter ${chosen.missing.slice(0, 5).join(', ')}`)
  if (chosen.letters.length === 0) {
    const before = chosen.replayedBefore
    printError(
      before === 0
        ? 'No dead letter matches.'
        : `${formatNumberOf(before, 'letter')} match and were replayed before; --force takes them.`
    )
    return EXIT.done
  }
  const { letters, change } = chosen
  const counts = new Map<string, number>()
  const onTrial = (trial: Trial): void => {
    const outcome = outcomeOf(trial)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    print(options.json ? JSON.stringify(trialJson(trial, reveal)) : describeTrial(trial, reveal))
  }
  try {
    await tryReplay({ plan, registry: builtins, letters, from: choice.from, change, onTrial })
  } catch (failure) {
    if (failure instanceof UserError) throw failure
    throw new ReplayFailed(reveal((failure as Error).message))
  }
  const sums = [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ')
  printError(`Tried ${formatNumberOf(letters.length, 'letter')}: ${sums}. Nothing was written.`)
  if (limit < choice.limit && letters.length === limit)
    printError(`There may be more: --limit shows as many as you say, up to ${SHOWN_LETTERS}; --json shows all.`)
  return EXIT.done
}

/** Of a forked line the worst. */
function outcomeOf({ line, refused }: Trial): string {
  if (line === undefined) return refused === undefined ? 'refused' : 'refused'
  const outcomes = line.ways.map(way => way.outcome)
  return (
    ['dead', 'unmatched', 'delivered', 'dropped'].find(name => outcomes.some(outcome => outcome === name)) ?? 'dropped'
  )
}

function describeTrial(trial: Trial, reveal: Reveal): string {
  const { stored } = trial
  const { letter, sequence } = stored
  const lines = [
    `${numberOf(sequence)}  ${letter.id}  ${oneLine(placeOf(letter))}`,
    `  before  ${oldWay(letter)}: ${oneLine(errorOf(letter, reveal), ERROR_CHARACTERS)}`
  ]
  const before = changedValueOf(letter, reveal)
  if (before !== undefined) lines.push(`          ${shown(before, reveal)}`)
  if (trial.line === undefined) lines.push(`  now     refused: ${REFUSALS[trial.refused] ?? trial.refused}`)
  else for (const way of trial.line.ways) lines.push(...describeWay(way, reveal))
  return lines.join('\n')
}

function describeWay(way: TriedWay, reveal: Reveal): string[] {
  const names = way.hops.map(({ name }) => name)
  const reason = way.reason === undefined ? '' : `: ${oneLine(reveal(Buffer.from(way.reason)), ERROR_CHARACTERS)}`
  const width = Math.max(...names.map(name => name.length), 0)
  return [
    `  now     ${oneLine(names.join(' > '))}: ${way.outcome}${reason}`,
    ...way.hops
      .slice(way.sharedHops)
      .map(({ name, value }) => `          ${oneLine(name).padEnd(width)}  ${shown(value, reveal)}`)
  ]
}

function oldWay({ journey, processor }: DeadLetter): string {
  return oneLine((journey.length > 0 ? journey : [processor]).join(' > '))
}

function shown(value: unknown, reveal: Reveal): string {
  return oneLine(reveal(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))), VALUE_CHARACTERS)
}
