// Runs a pipeline to its end through any number of SIGKILLs, and tells what came of it.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Ledger } from '../../../src/contract/ledger.ts'
import { readCheckpoint } from '../../../src/state/checkpoint/reader.ts'
import { readDeadLetters } from '../../../src/state/dead-letter-log/reader.ts'
import { stateFoldersIn } from '../../../src/state/state-folder.ts'
import { reportOf } from './answers.ts'
import { type CliOptions, makeFolder, start } from './cli.ts'
import { type KilledPipeline, modulesOf } from './kill-pipelines.ts'
import { ALONE } from './pipelines.ts'

export interface Outcome {
  /** SHA-256 of each sink's file. */
  readonly files: Readonly<Record<string, string>>
  readonly ledger: Ledger
  /** Id and bytes of each dead letter, in order. */
  readonly letters: readonly string[]
  readonly kills: number
}

export interface KillSettings {
  readonly lineCount: number
  readonly spinMicroseconds: number
  /** Kills after which the run is left to end. */
  readonly kills: number
  /** 0 to 1. */
  readonly random: () => number
  readonly options?: CliOptions
}

/** Longest time that a run has before it is killed, from the first byte that it writes. */
const WORKING_MILLISECONDS = 60
/** One in so many is killed before it writes: while it starts or takes back what its predecessor has left. */
const EARLY = 8

export function prepare(t: TestContext, killed: KilledPipeline, settings: Omit<KillSettings, 'kills'>): string {
  const folder = makeFolder(t, {
    'pipeline.yaml': killed.pipeline,
    'steps.ts': modulesOf(settings.spinMicroseconds),
    'package.json': '{ "type": "module" }'
  })
  killed.writeInputs(folder, settings.lineCount)
  return folder
}

export async function runThroughKills(
  t: TestContext,
  killed: KilledPipeline,
  settings: KillSettings
): Promise<Outcome> {
  const folder = prepare(t, killed, settings)
  const args = ['run', 'pipeline.yaml', ...ALONE]
  for (let kills = 0; ; ) {
    const run = start(t, args, { ...settings.options, cwd: folder })
    if (kills < settings.kills) {
      await untilKill(run, folder, killed, settings.random)
      if (run.process.exitCode === null) run.process.kill('SIGKILL')
    }
    const ended = await run.end()
    if (ended.signal === 'SIGKILL') {
      kills++
      // Killed between its last commit and its exit: it is over, and the next run would be a new one.
      const ledger = ledgerOfCompleteRun(folder)
      if (ledger === undefined) continue
      return { ...outcomeOf(folder, killed), ledger, kills }
    }
    if (ended.code !== 0) throw new Error(`after ${kills} kills it ended with ${ended.code}:\n${ended.stderr}`)
    return { ...outcomeOf(folder, killed), ledger: reportOf(ended).ledger, kills }
  }
}

async function untilKill(
  run: ReturnType<typeof start>,
  folder: string,
  killed: KilledPipeline,
  random: () => number
): Promise<void> {
  if (random() < 1 / EARLY) {
    await sleep(random() * 900)
    return
  }
  const before = written(folder, killed)
  while (written(folder, killed) <= before && run.process.exitCode === null) await sleep(3)
  await sleep(random() * WORKING_MILLISECONDS)
}

function written(folder: string, { sinks }: KilledPipeline): number {
  return sinks.reduce((sum, sink) => sum + (statSync(join(folder, sink), { throwIfNoEntry: false })?.size ?? 0), 0)
}

export function ledgerOfCompleteRun(folder: string): Ledger | undefined {
  const root = join(folder, '.linescope')
  // Killed before it had made its folder.
  const stateFolder = existsSync(root) ? stateFoldersIn(root)[0] : undefined
  const checkpoint = stateFolder === undefined ? undefined : readCheckpoint(stateFolder)?.checkpoint
  if (checkpoint?.isComplete !== true) return undefined
  const counts = checkpoint.lanes[0].counters.find(group => group.of === 'lane')!.values
  const of = (name: string): number => counts[name] ?? 0
  const [entered, replayed, forked] = [of('entered'), of('replayed'), of('forked')]
  const [delivered, dropped, dead, unmatched, joined] = ['delivered', 'dropped', 'dead', 'unmatched', 'joined'].map(of)
  const unaccounted = entered + replayed + forked - delivered - dropped - dead - unmatched - joined
  return { entered, replayed, forked, delivered, dropped, dead, unmatched, joined, in_flight: 0, unaccounted }
}

export function outcomeOf(folder: string, { sinks }: KilledPipeline): Pick<Outcome, 'files' | 'letters'> {
  const [stateFolder] = stateFoldersIn(join(folder, '.linescope'))
  const letters: string[] = []
  for (const entry of readDeadLetters(stateFolder)) {
    if (entry.kind !== 'letter') throw new Error(`the dead-letter log has ${JSON.stringify(entry)}`)
    letters.push(`${entry.letter.kind} ${entry.letter.id} ${Buffer.from(entry.letter.original.bytes).toString('hex')}`)
  }
  const files = Object.fromEntries(
    sinks.map(sink => [
      sink,
      createHash('sha256')
        .update(readFileSync(join(folder, sink)))
        .digest('hex')
    ])
  )
  return { files, letters }
}

/** Deterministic numbers from 0 to 1 for a seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
