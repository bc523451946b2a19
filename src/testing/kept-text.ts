// Finds out whether a processor keeps slices of the text it is given.
//
// A line is a slice of its batch's text. To keep a slice beyond the call, as a key or as the last line seen, is to keep
// the whole batch; a few thousand of them fill the memory. The check feeds the same lines twice, once as slices of big
// batches and once as texts of their own, and compares what is left in memory: what a processor keeps by right weighs
// the same both times.

import { setImmediate } from 'node:timers/promises'
import v8 from 'node:v8'
import vm from 'node:vm'

import { flatCopy } from '../sdk/index.ts'
import { ProcessorRunner, type Runnable, type RunSettings } from './run-processor.ts'

const BATCH_CHARACTERS = 48 * 1024
const BATCHES = 100
const LINES_OF_BATCH = 8
const PAIRS = 2
// What the garbage collector leaves to chance is a fraction of this.
const TOLERATED_BATCHES = 8

export interface KeptText {
  /** How many batches' text was still in memory, about, after the processor had been given `batches` of them. */
  readonly keptBatches: number
  readonly batches: number
  readonly isLeak: boolean
}

/** `lineAt` gives the lines, from 0 on; they should differ from each other as real lines do. */
export async function measureKeptText(
  processor: Runnable,
  lineAt: (index: number) => string,
  settings: RunSettings = {}
): Promise<KeptText> {
  let index = 0
  // Lines go on from run to run: a cache that outlives the instance would know repeated ones already.
  const next = () => lineAt(index++)
  // The first run pays for what is compiled and cached along the way.
  await heldBytes(processor, next, settings, false)
  // What was garbage before a run and is freed within it falsifies one pair; what is kept shows in every pair.
  let difference = Number.POSITIVE_INFINITY
  for (let pair = 0; pair < PAIRS; pair++) {
    const ofTexts = await heldBytes(processor, next, settings, false)
    const ofSlices = await heldBytes(processor, next, settings, true)
    difference = Math.min(difference, ofSlices - ofTexts)
  }
  // A batch with a character beyond Latin-1 weighs double.
  const keptBatches = Math.min(BATCHES, Math.max(0, Math.round(difference / BATCH_CHARACTERS)))
  return { keptBatches, batches: BATCHES, isLeak: keptBatches > TOLERATED_BATCHES }
}

async function heldBytes(
  processor: Runnable,
  nextLine: () => string,
  settings: RunSettings,
  areSlices: boolean
): Promise<number> {
  const runner = await ProcessorRunner.create(processor, settings)
  const before = await usedBytes()
  for (let batch = 0; batch < BATCHES; batch++) {
    const lines = sliceBatch(Array.from({ length: LINES_OF_BATCH }, nextLine))
    for (const line of lines) await runner.run(areSlices ? line : flatCopy(line))
    runner.clear()
  }
  const held = (await usedBytes()) - before
  await runner.close()
  return held
}

/** The lines as slices of one text, which is filled up with spaces behind them. */
function sliceBatch(lines: readonly string[]): string[] {
  // Through bytes, as the engine makes it, so that nothing of the parts it was joined from is left in it.
  const text = Buffer.from(`${lines.join('\n')}\n`.padEnd(BATCH_CHARACTERS, ' ')).toString()
  let at = 0
  return lines.map(line => {
    const start = at
    at += line.length + 1
    return text.slice(start, start + line.length)
  })
}

let collectGarbage: (() => void) | undefined

async function usedBytes(): Promise<number> {
  if (collectGarbage === undefined) {
    v8.setFlagsFromString('--expose-gc')
    collectGarbage = vm.runInNewContext('gc') as () => void
    v8.setFlagsFromString('--no-expose-gc')
  }
  // What the first round frees may keep other things until the second; and calls that have settled may be held by the
  // test runner until its event loop turns.
  for (let round = 0; round < 2; round++) {
    await setImmediate()
    collectGarbage()
  }
  return v8.getHeapStatistics().used_heap_size
}
