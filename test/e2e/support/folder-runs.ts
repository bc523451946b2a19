// A watched folder that files are dropped into by rename while the run that reads it is killed again and again.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

import type { Ledger } from '../../../src/contract/ledger.ts'
import { reportOf } from './answers.ts'
import { makeFolder, start } from './cli.ts'
import { ALONE } from './pipelines.ts'

export interface DropSettings {
  readonly fileCount: number
  readonly kills: number
  /** Longest time between the first line that a run writes and its kill. */
  readonly lifeMilliseconds: number
  /** 0 to 1. */
  readonly random: () => number
}

export interface Dropped {
  readonly folder: string
  readonly kills: number
  readonly ledger: Ledger
  /** Of the sink, sorted. */
  readonly lines: readonly string[]
  /** What was dropped, sorted. */
  readonly expected: readonly string[]
}

const FILES_AT_ONCE = 8

// Of 20 files one is gzip, one has no line and one has a last line without its end.
function textOf(file: number): { name: string; lines: string[]; bytes: Uint8Array | string } {
  const lines = file % 20 === 3 ? [] : Array.from({ length: 1 + (file % 7) }, (_, line) => `file=${file} line=${line}`)
  // Names that come again and again.
  const name = file % 10 === 5 ? `again-${file % 100}.log` : `${file}.log`
  const text = lines.map(line => `${line}\n`).join('')
  if (file % 20 === 7) return { name, lines, bytes: gzipSync(text) }
  return { name, lines, bytes: file % 20 === 11 ? text.slice(0, -1) : text }
}

export async function dropThroughKills(t: TestContext, settings: DropSettings): Promise<Dropped> {
  const { fileCount, kills: wanted, lifeMilliseconds, random } = settings
  const folder = makeFolder(t, { 'pipeline.yaml': PIPELINE })
  const unprocessed = join(folder, 'inbox', 'unprocessed')
  mkdirSync(unprocessed, { recursive: true })
  mkdirSync(join(folder, 'made'))
  const expected: string[] = []
  let dropped = 0
  const drop = (count: number): void => {
    for (const end = Math.min(fileCount, dropped + count); dropped < end; dropped++) {
      const { name, lines, bytes } = textOf(dropped)
      const made = join(folder, 'made', name)
      // A name that is still waiting is not to be replaced by the next of its kind.
      const taken = new Set(name.startsWith('again') ? readdirSync(unprocessed) : [])
      writeFileSync(made, bytes)
      renameSync(made, join(unprocessed, taken.has(name) ? `${dropped}-${name}` : name))
      expected.push(...lines)
    }
  }

  let kills = 0
  while (kills < wanted) {
    const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    const share = Math.ceil((fileCount - dropped) / (wanted - kills))
    // One in eight is killed while it starts or takes back what its predecessor has left.
    const isEarly = random() < 1 / 8
    const before = outputBytes(folder)
    let killAt = isEarly ? performance.now() + random() * 900 : Number.POSITIVE_INFINITY
    for (let done = 0; performance.now() < killAt && run.process.exitCode === null; await sleep(3)) {
      const count = Math.min(share - done, Math.ceil(random() * FILES_AT_ONCE))
      drop(count)
      done += count
      if (killAt === Number.POSITIVE_INFINITY && outputBytes(folder) > before) {
        killAt = performance.now() + random() * lifeMilliseconds
      }
    }
    run.process.kill('SIGKILL')
    const ended = await run.end()
    if (ended.signal !== 'SIGKILL') throw new Error(`it ended by itself with ${ended.code}:\n${ended.stderr}`)
    kills++
  }
  drop(fileCount)
  const last = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  await untilEmpty(folder)
  last.process.kill('SIGTERM')
  const ended = await last.end()
  if (ended.code !== 0) throw new Error(`after ${kills} kills it ended with ${ended.code}:\n${ended.stderr}`)
  const lines = readFileSync(join(folder, 'out.log'), 'utf8').split('\n').slice(0, -1).sort()
  return { folder, kills, ledger: reportOf(ended).ledger, lines, expected: expected.sort() }
}

/** Without our own hidden files. */
export function namesIn(folder: string, role: string): string[] {
  const path = join(folder, 'inbox', role)
  return existsSync(path) ? readdirSync(path).filter(name => !name.startsWith('.')) : []
}

function outputBytes(folder: string): number {
  return statSync(join(folder, 'out.log'), { throwIfNoEntry: false })?.size ?? 0
}

/** Nothing waits and nothing is being read. */
async function untilEmpty(folder: string): Promise<void> {
  const giveUpAt = performance.now() + 300_000
  while (namesIn(folder, 'unprocessed').length + namesIn(folder, 'underprocess').length > 0) {
    if (performance.now() > giveUpAt) throw new Error('the folder is never empty')
    await sleep(50)
  }
}

const PIPELINE = `
source: { folder: { path: inbox, settle: 100ms, rescan: 500ms } }
processors: { keep: { trim: {}, to: end } }
sinks: { end: { file: { path: out.log } } }
`
