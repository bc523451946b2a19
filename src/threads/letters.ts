// A thread for one question about dead letters: it reads a log that may have a gigabyte, and in a trial it runs the
// user's processors, which may hang. It ends with its answer, or is ended.

import { parentPort, workerData } from 'node:worker_threads'

import type { Redaction } from '../base/redaction.ts'
import { UserError } from '../base/user-error.ts'
import { builtins } from '../builtins.ts'
import {
  type DiscardRequest,
  type ExportRequest,
  type LettersQuestion,
  TRIED_LETTERS,
  type Tried
} from '../contract/letter-actions.ts'
import type { LetterFilter as FilterRequest, ReplayRequest } from '../contract/replay.ts'
import type { Plan } from '../engine/index.ts'
import { discardLetters } from '../state/dead-letter-log/discard.ts'
import { type LetterFilter, matches } from '../state/dead-letter-log/filter.ts'
import { letterJson } from '../state/dead-letter-log/letter-json.ts'
import { readDeadLetters, type StoredLetter } from '../state/dead-letter-log/reader.ts'
import { resolveOwnPackage } from './own-package.ts'
import { refusedOf } from './replay-answers.ts'
import { choiceOf, filterOf } from './replay-request.ts'
import { chooseLetters } from './replay-select.ts'
import { tryReplay } from './replay-trial.ts'
import { createReveal } from './reveal.ts'
import { trialJson } from './trial-json.ts'

/** What it is started with. */
export interface LettersTask {
  readonly stateFolder: string
  /** Undefined where functions of the caller are part of it, which no other thread has. */
  readonly plan: Plan | undefined
  readonly secrets: readonly string[]
  readonly redaction: Redaction | undefined
  readonly question: LettersQuestion
}

/** Chunks only of an export, each after the one before was asked for; then one answer. */
export type FromLetters =
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  | { readonly type: 'answer'; readonly status: number; readonly body: object }

const CHUNK_BYTES = 64 * 1024
const NEWLINE = 0x0a
const NO_SUCH_LETTER = 'no_such_letter'

const port = parentPort!
const { stateFolder, plan, secrets, redaction, question } = workerData as LettersTask
const reveal = createReveal(secrets, redaction)
const answer = (status: number, body: object): void => port.postMessage({ type: 'answer', status, body })

try {
  if (question.ask === 'discard') discard(question.request)
  else if (question.ask === 'export') await exportLetters(question.request)
  else await tryLetters(question.request)
} catch (failure) {
  if (failure instanceof UserError) answer(422, { error: 'cannot_do', message: String(failure) })
  else answer(500, { error: 'failed', message: reveal(failure instanceof Error ? failure.message : String(failure)) })
}
port.close()

/** Nothing at all is done when one of the letters that were named is not there. */
function discard({ select, dry_run: isDryRun }: DiscardRequest): void {
  const missing = new Set(select.ids)
  let matching = 0
  let damaged = 0
  for (const { sequence, letter } of lettersOf(select, () => damaged++)) {
    missing.delete(String(sequence))
    missing.delete(letter.id)
    matching++
  }
  const [first] = missing
  if (first !== undefined) {
    answer(422, { error: NO_SUCH_LETTER, message: `There is no dead letter ${first}. Nothing was discarded.` })
    return
  }
  const done = isDryRun || matching === 0 ? undefined : discardLetters(stateFolder, lettersOf(select))
  answer(200, { matching, discarded: done?.letters ?? 0, segments_deleted: done?.segments ?? 0, damaged })
}

async function exportLetters({ select, format }: ExportRequest): Promise<void> {
  let parts: Uint8Array[] = []
  let bytes = 0
  let isOpen = false
  for (const stored of lettersOf(select)) {
    // A line that ended with its source gets a line end only when another follows.
    const part = format === 'json' ? jsonLine(stored) : stored.letter.original.bytes
    if (format === 'lines' && isOpen) parts.push(Buffer.from('\n'))
    isOpen = format === 'lines' && part[part.length - 1] !== NEWLINE
    parts.push(part)
    bytes += part.length
    if (bytes < CHUNK_BYTES) continue
    await send(Buffer.concat(parts))
    parts = []
    bytes = 0
  }
  if (parts.length > 0) await send(Buffer.concat(parts))
  answer(200, {})
}

async function send(bytes: Uint8Array): Promise<void> {
  const wanted = new Promise(resolve => port.once('message', resolve))
  port.postMessage({ type: 'chunk', bytes } satisfies FromLetters)
  await wanted
}

function jsonLine(stored: StoredLetter): Uint8Array {
  return Buffer.from(`${JSON.stringify(letterJson(stored, reveal))}\n`)
}

async function tryLetters(request: ReplayRequest): Promise<void> {
  if (plan === undefined) {
    throw new UserError('this pipeline is made of functions of the program that runs it: they cannot be tried apart')
  }
  resolveOwnPackage()
  const choice = choiceOf(request)
  const limit = Math.min(request.select.limit ?? TRIED_LETTERS.byDefault, TRIED_LETTERS.most)
  const chosen = await chooseLetters(stateFolder, plan, { ...choice, limit }, reveal, true)
  const [missing] = chosen.missing
  if (missing !== undefined) {
    answer(422, { error: NO_SUCH_LETTER, message: `There is no dead letter ${missing}.` })
    return
  }
  const tried: Tried[] = []
  const { letters, change } = chosen
  if (letters.length > 0) {
    const onTrial = (trial: Parameters<typeof trialJson>[0]): number => tried.push(trialJson(trial, reveal))
    await tryReplay({ plan, registry: builtins, letters, from: choice.from, change, onTrial })
  }
  answer(200, {
    at: new Date().toISOString(),
    matching: letters.length,
    replayed_before: chosen.replayedBefore,
    is_limited: letters.length === limit,
    refused: refusedOf(chosen.refused),
    damaged: chosen.damaged,
    letters: tried
  })
}

function* lettersOf(select: FilterRequest, onDamage: () => void = () => undefined): Generator<StoredLetter> {
  if (Object.keys(select).every(key => key === 'limit')) {
    throw new UserError('nothing says which dead letters', { hint: 'Give a filter, or all of them with all.' })
  }
  const filter: LetterFilter = filterOf(select)
  let left = select.limit ?? Number.POSITIVE_INFINITY
  for (const entry of readDeadLetters(stateFolder)) {
    if (entry.kind === 'damage' && !entry.isTorn) onDamage()
    if (entry.kind !== 'letter' || !matches(entry, filter, reveal)) continue
    yield entry
    if (--left === 0) return
  }
}
