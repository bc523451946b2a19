// A pipeline whose processor is broken while there is a file `broken` (and ends its thread while there is one `ends`),
// and input of which it fails on a known part.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { storedReplays } from '../../../src/cli/replay/stored.ts'
import type { Replay } from '../../../src/contract/replay.ts'
import type { DeadLetter } from '../../../src/state/dead-letter-log/letter.ts'
import { readDeadLetters } from '../../../src/state/dead-letter-log/reader.ts'
import { type CliOptions, type Ended, linescope, makeFolder, start, until } from './cli.ts'
import { ALONE } from './pipelines.ts'

const PIPELINE = `
source: { file: { path: in.log } }
entry: start
processors:
  start: { use: ./work.ts#start }
  work:  { use: ./work.ts#work }
sinks:
  end:   { file: { path: out.log } }
  other: { file: { path: other.log } }
`

const MODULE = `
import { existsSync } from 'node:fs'
import { defineProcessor } from 'linescope'
export const start = defineProcessor({
  name: 'start', summary: 'Sends lines on, some of them twice.', emits: ['work', 'end'],
  create: () => (line, emit) => {
    const [kind, number] = line.split(' ')
    if (kind === 'fork') emit('end', line + ' whole')
    if (kind === 'fine') emit('end', line)
    else if (kind === 'lost' && existsSync('broken')) emit('nowhere', line)
    else emit('work', { kind, number: Number(number), text: line })
  }
})
export const work = defineProcessor({
  name: 'work', summary: 'Works on records.', accepts: 'record', emits: ['end', 'other'],
  create: () => (record, emit, ctx) => {
    if (existsSync('ends')) process.exit(7)
    if (existsSync('broken') || record.kind === 'never') throw new TypeError('cannot work on ' + record.kind)
    if (record.kind === 'drop') { ctx.drop('not wanted'); return }
    const { offset, lineNumber, isReplay } = ctx
    emit(record.number % 2 === 0 ? 'end' : 'other', { ...record, worked: true, offset, lineNumber, isReplay })
  }
})
`

/** Of twenty lines; the others are fine. */
export const KINDS = ['bad', 'fork', 'never', 'drop'] as const

/** Lines of which `poison` in twenty are bad, the first of each kind in turn. */
export function inputOf(lines: number, poison: readonly string[] = KINDS): string {
  return Array.from({ length: lines }, (_, index) => `${poison[index % 20] ?? 'fine'} ${index}\n`).join('')
}

export interface ReplayFolder {
  readonly folder: string
  readonly cli: (args: readonly string[], options?: CliOptions) => Promise<Ended>
  /** As the log has them now. */
  readonly letters: () => DeadLetter[]
  /** As the files have them now. */
  readonly replay: (number: number) => Replay
  readonly outputs: () => Readonly<Record<'end' | 'other', readonly string[]>>
  readonly stateFolder: () => string
}

export function replayFolder(
  t: TestContext,
  input: string,
  files: Readonly<Record<string, string>> = {}
): ReplayFolder {
  const folder = makeFolder(t, { 'pipeline.yaml': PIPELINE, 'work.ts': MODULE, 'in.log': input, ...files })
  const cli: ReplayFolder['cli'] = (args, options) => linescope(t, args, { cwd: folder, ...options })
  const stateFolder = (): string => {
    const [name = ''] = readdirSync(join(folder, '.linescope'))
    return join(folder, '.linescope', name)
  }
  return {
    folder,
    cli,
    letters: () =>
      [...readDeadLetters(stateFolder())].flatMap(entry => (entry.kind === 'letter' ? [entry.letter] : [])),
    outputs: () => ({ end: linesOf(join(folder, 'out.log')), other: linesOf(join(folder, 'other.log')) }),
    stateFolder,
    replay: number => storedReplays(stateFolder()).find(stored => stored.replay.replay === number)!.replay
  }
}

/** The pipeline runs to its end while it is broken. */
export async function runBroken({ cli, folder }: ReplayFolder): Promise<void> {
  writeFileSync(join(folder, 'broken'), '')
  const ended = await cli(['run', 'pipeline.yaml', ...ALONE])
  assert.equal(ended.code, 0, ended.stderr)
  mend(folder)
}

export function mend(folder: string): void {
  rmSync(join(folder, 'broken'))
}

export async function replay({ cli }: ReplayFolder, ...args: string[]): Promise<Replay> {
  const { stdout, stderr } = await cli(['replay', 'pipeline.yaml', '--json', '--yes', ...args])
  const [found] = jsonLines<Replay>(stdout)
  assert.ok(found !== undefined, stderr)
  return found
}

/** A run that was broken and stays up behind its input's end, with a dashboard. */
export async function runStaying(t: TestContext, { folder }: ReplayFolder): Promise<string> {
  writeFileSync(join(folder, 'broken'), '')
  const cli = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
  const url = await cli.url()
  await cli.says(/The input has ended/)
  return url
}

export function jsonLines<Item>(stdout: Buffer): Item[] {
  return stdout
    .toString()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

/** What the outputs must be, in any order, when each line went through once, replayed or not. */
export function expectedOutputs(input: string): Record<'end' | 'other', string[]> {
  const outputs: Record<'end' | 'other', string[]> = { end: [], other: [] }
  let offset = 0
  for (const [index, line] of input.split('\n').slice(0, -1).entries()) {
    const [kind = '', number] = line.split(' ')
    if (kind === 'fork') outputs.end.push(`${line} whole`)
    if (kind === 'fine') outputs.end.push(line)
    else if (kind !== 'never' && kind !== 'drop') {
      const record = {
        kind,
        number: Number(number),
        text: line,
        worked: true,
        offset,
        lineNumber: index + 1,
        isReplay: true
      }
      outputs[Number(number) % 2 === 0 ? 'end' : 'other'].push(JSON.stringify(record))
    }
    offset += line.length + 1
  }
  return outputs
}

export function assertOutputs(found: ReplayFolder, input: string): void {
  const { end, other } = found.outputs()
  const expected = expectedOutputs(input)
  assert.deepEqual([...end].sort(), expected.end.sort())
  assert.deepEqual([...other].sort(), expected.other.sort())
}

function linesOf(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  assert.equal(lines.pop(), '', `${path} ends in the middle of a line`)
  return lines
}

/**
 * Kills the command in the middle of its work, at most so many times, then lets it end. Returns how often letters had
 * gone in, and not all of them.
 */
export async function killAndResume(found: ReplayFolder, t: TestContext, times: number, rate: number): Promise<number> {
  let kills = 0
  for (let round = 0; round < times; round++) {
    const args =
      round === 0 ? ['pipeline.yaml', '--all', '--rate', String(rate), '--yes'] : ['resume', '1', 'pipeline.yaml']
    const command = start(t, ['replay', ...args, '--json'], { cwd: found.folder })
    const before = bytesOf(found)
    const hasBegun = await until(
      'a letter to go in, or the end',
      () => command.process.exitCode !== null || bytesOf(found) > before
    )
    if (hasBegun && command.process.exitCode !== null) break
    await sleep(Math.random() * 150)
    if (command.process.exitCode === null) kills++
    command.process.kill('SIGKILL')
    await command.ended
  }
  const last = await found.cli(['replay', 'resume', '1', 'pipeline.yaml', '--rate', '0'])
  if (last.code !== 0) assert.match(last.stderr, /is done already/)
  return kills
}

function bytesOf({ folder }: ReplayFolder): number {
  return statSync(join(folder, 'out.log')).size + statSync(join(folder, 'other.log')).size
}
