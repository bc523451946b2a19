// Makes lines up, at a steady rate, and says so. The same seed makes the same lines.
//
// What nobody took in time is not made up for beyond one second: after a pause the rate is the rate, not a flood.

import { z } from 'zod'

import { type ByteInput, defineSource, type Source } from '../../sdk/source.ts'
import { WRITE_LINE, type WriteLine } from './lines.ts'
import { Random } from './random.ts'

const options = z.strictObject({
  kind: z
    .enum(['app', 'access', 'words'])
    .default('app')
    .describe('app: log of a shop with INFO, WARN and ERROR; access: log of a web server; words: a few words.'),
  rate: z.number().min(0).max(10_000_000).default(100).describe('Lines per second; 0 is as fast as possible.'),
  lines: z.int().min(0).default(0).describe('Number of lines; 0 never ends.'),
  seed: z.int().default(1).describe('The same seed makes the same lines, except for their times.'),
  start: z.iso
    .datetime({ offset: true })
    .optional()
    .describe(
      'Time that the first line shows, for lines that are the same in every run; later ones follow at the rate.'
    )
})

type Options = z.output<typeof options>

/** The time, and a wait that `cancel` ends early. */
export interface GeneratorClock {
  nowMilliseconds(): number
  wait(milliseconds: number): { readonly done: Promise<void>; readonly cancel: () => void }
}

export function createGenerateSource(clock: GeneratorClock) {
  return defineSource({
    name: 'generate',
    summary: 'Makes synthetic lines, for trying a pipeline out.',
    options,
    readBy: 'main',
    isEndless: ({ lines }) => lines === 0,
    notice: () => 'Lines are synthetic: made by the generate source.',
    open: (chosen): Source => {
      const input = new GeneratedInput(chosen, clock)
      let isGiven = false
      return {
        totalBytes: undefined,
        next() {
          if (isGiven) return undefined
          isGiven = true
          return input
        },
        close() {
          isGiven = true
          input.close()
        }
      }
    }
  })
}

export const generateSource = createGenerateSource({
  nowMilliseconds: () => performance.timeOrigin + performance.now(),
  wait(milliseconds) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    return {
      done: promise,
      cancel() {
        clearTimeout(timer)
        resolve()
      }
    }
  }
})

// Lines come in slices no shorter than this: a timer for each line of a fast rate would cost more than the lines.
const SLICE_MILLISECONDS = 25
const BACKLOG_MILLISECONDS = 1000
const SLICE_BYTES = 64 * 1024
const NOTHING = new Uint8Array(0)

class GeneratedInput implements ByteInput {
  readonly name = 'generate'
  readonly file = undefined
  readonly sizeBytes = undefined
  readBytes = 0

  private readonly options: Options
  private readonly clock: GeneratorClock
  private readonly writeLine: WriteLine
  private readonly random: Random
  private readonly shownStart: number | undefined
  private readonly lineMilliseconds: number

  private bytes: Uint8Array = NOTHING
  private count = 0
  /** When the next line is due; undefined before the first read, which is when the clock starts. */
  private dueAt: number | undefined
  private cancelWait: () => void = () => {}
  private isClosed = false

  constructor(chosen: Options, clock: GeneratorClock) {
    this.options = chosen
    this.clock = clock
    this.writeLine = WRITE_LINE[chosen.kind]
    this.random = new Random(chosen.seed)
    this.shownStart = chosen.start === undefined ? undefined : Date.parse(chosen.start)
    this.lineMilliseconds = chosen.rate === 0 ? 0 : 1000 / chosen.rate
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.bytes.length === 0) this.makeDueLines(length)
    const count = Math.min(length, this.bytes.length)
    if (count === 0) return this.isClosed || this.isFinished ? 0 : this.wait(target, offset, length)
    target.set(this.bytes.subarray(0, count), offset)
    this.bytes = this.bytes.subarray(count)
    this.readBytes += count
    return count
  }

  close(): void {
    this.isClosed = true
    this.bytes = NOTHING
    this.cancelWait()
  }

  private get isFinished(): boolean {
    return this.options.lines !== 0 && this.count >= this.options.lines
  }

  private async wait(target: Uint8Array, offset: number, length: number): Promise<number> {
    const untilDue = this.dueAt! - this.clock.nowMilliseconds()
    const { done, cancel } = this.clock.wait(Math.max(SLICE_MILLISECONDS, untilDue))
    this.cancelWait = cancel
    await done
    return this.read(target, offset, length)
  }

  private makeDueLines(length: number): void {
    if (this.isClosed || this.isFinished) return
    const now = this.clock.nowMilliseconds()
    this.dueAt = Math.max(this.dueAt ?? now, now - BACKLOG_MILLISECONDS)
    const wantedBytes = Math.min(length, SLICE_BYTES)
    let text = ''
    while (text.length < wantedBytes && this.dueAt <= now && !this.isFinished) {
      text += `${this.writeLine(this.random, this.timeToShow(now))}\n`
      this.count += 1
      this.dueAt += this.lineMilliseconds
    }
    this.bytes = Buffer.from(text, 'latin1')
  }

  /** When the line was due, so that the lines of one slice do not all show the same instant. */
  private timeToShow(now: number): number {
    if (this.shownStart !== undefined) return this.shownStart + this.count * (this.lineMilliseconds || 1)
    return this.options.rate === 0 ? now : this.dueAt!
  }
}
