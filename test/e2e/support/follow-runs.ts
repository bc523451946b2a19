// Logs that are written and rotated while the run that follows them is killed again and again.

import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Ledger } from '../../../src/contract/ledger.ts'
import { readCheckpoint } from '../../../src/state/checkpoint/reader.ts'
import { stateFoldersIn } from '../../../src/state/state-folder.ts'
import { reportOf } from './answers.ts'
import { makeFolder, start } from './cli.ts'
import { ALONE } from './pipelines.ts'

export interface FollowSettings {
  readonly lineCount: number
  readonly kills: number
  /** Longest time between the first line that a run writes and its kill. */
  readonly lifeMilliseconds: number
  /** 0 to 1. */
  readonly random: () => number
}

export interface FollowedThroughKills {
  /** Of the sink, in its order. */
  readonly lines: readonly string[]
  /** In the order in which they were written. */
  readonly expected: readonly string[]
  readonly kills: number
  readonly rotations: number
  readonly ledger: Ledger
}

const PIPELINE = `
source: { file: { paths: [a.log, "b.log*"], follow: true, rotated_wait: 1s } }
processors: { keep: { trim: {}, to: end } }
sinks: { end: { file: { path: out.log } } }
`

export async function followThroughKills(t: TestContext, settings: FollowSettings): Promise<FollowedThroughKills> {
  const { lineCount, kills: wanted, lifeMilliseconds, random } = settings
  const folder = makeFolder(t, { 'pipeline.yaml': PIPELINE, 'a.log': '', 'b.log': '' })
  const writer = new Writer(folder, random)
  let kills = 0
  while (kills < wanted) {
    const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    const share = Math.ceil((lineCount - writer.written.length) / (wanted - kills))
    const end = writer.written.length + share
    // One in eight is killed while it starts or takes back what its predecessor has left.
    const before = outputBytes(folder)
    let killAt = random() < 1 / 8 ? performance.now() + random() * 900 : Number.POSITIVE_INFINITY
    for (; performance.now() < killAt && run.process.exitCode === null; await sleep(3)) {
      if (writer.written.length < end) writer.write(1 + Math.floor(random() * 60))
      if (random() < 0.05) writer.rotate()
      if (killAt === Number.POSITIVE_INFINITY && outputBytes(folder) > before) {
        killAt = performance.now() + random() * lifeMilliseconds
      }
    }
    run.process.kill('SIGKILL')
    const ended = await run.end()
    if (ended.signal !== 'SIGKILL') throw new Error(`it ended by itself with ${ended.code}:\n${ended.stderr}`)
    kills++
    while (random() < 0.5) {
      writer.write(20)
      writer.rotate()
    }
  }
  writer.write(lineCount - writer.written.length)
  writer.endLine()
  const last = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  await untilQuiet(folder, writer.written.length)
  last.process.kill('SIGTERM')
  const ended = await last.end()
  if (ended.code !== 0) throw new Error(`after ${kills} kills it ended with ${ended.code}:\n${ended.stderr}`)
  const lines = linesOf(folder)
  return { lines, expected: writer.written, kills, rotations: writer.rotations, ledger: reportOf(ended).ledger }
}

class Writer {
  readonly written: string[] = []
  rotations = 0
  readonly #folder: string
  readonly #random: () => number
  /** Written of the last line of `b.log`: it ends with the next write. */
  #isMidLine = false

  constructor(folder: string, random: () => number) {
    this.#folder = folder
    this.#random = random
  }

  write(count: number): void {
    this.endLine()
    const name = this.#random() < 0.5 ? 'a.log' : 'b.log'
    let text = ''
    for (let left = count; left > 0; left--) {
      const line = `${name} ${this.rotations} ${this.written.length} ${'x'.repeat(1 + Math.floor(this.#random() * 80))}`
      this.written.push(line)
      text += `${line}\n`
    }
    this.#isMidLine = count > 0 && name === 'b.log' && this.#random() < 0.2
    appendFileSync(join(this.#folder, name), this.#isMidLine ? text.slice(0, -1) : text)
  }

  endLine(): void {
    if (this.#isMidLine) appendFileSync(join(this.#folder, 'b.log'), '\n')
    this.#isMidLine = false
  }

  rotate(): void {
    this.endLine()
    if (this.#random() < 0.5) {
      // All names of it are followed: however often it is rotated, and whether somebody reads or not.
      for (let older = 9; older > 0; older--) this.#rename(`b.log.${older}`, `b.log.${older + 1}`)
      this.#rename('b.log', 'b.log.1')
      writeFileSync(join(this.#folder, 'b.log'), '')
      this.rotations++
    } else if (this.#isKnown('a.log')) {
      // Its new name is not followed: it is found again by what the checkpoint knows of it.
      this.rotations++
      this.#rename('a.log', `old-a-${this.rotations}`)
      writeFileSync(join(this.#folder, 'a.log'), '')
    }
  }

  /** The last one of a chain goes on under a name of its own, so that none is written over. */
  #rename(from: string, to: string): void {
    if (!existsSync(join(this.#folder, from))) return
    const isLast = to === 'b.log.10'
    renameSync(join(this.#folder, from), join(this.#folder, isLast ? `b.log.old-${this.rotations}` : to))
  }

  #isKnown(name: string): boolean {
    const states = join(this.#folder, '.linescope')
    const [stateFolder] = existsSync(states) ? stateFoldersIn(states) : []
    const inputs = stateFolder === undefined ? [] : (readCheckpoint(stateFolder)?.checkpoint.inputs ?? [])
    const inode = String(statSync(join(this.#folder, name)).ino)
    return inputs.some(({ file, isFinished }) => file?.inode === inode && !isFinished)
  }
}

/** Waits for so many lines, and a little for one too many. */
async function untilQuiet(folder: string, lineCount: number): Promise<void> {
  const giveUpAt = performance.now() + 60_000
  while (linesOf(folder).length < lineCount && performance.now() < giveUpAt) await sleep(100)
  await sleep(1500)
}

function linesOf(folder: string): string[] {
  return readFileSync(join(folder, 'out.log'), 'utf8').split('\n').slice(0, -1)
}

function outputBytes(folder: string): number {
  return statSync(join(folder, 'out.log'), { throwIfNoEntry: false })?.size ?? 0
}
