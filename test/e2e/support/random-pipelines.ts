// Random pipelines of which one step is slow, or none is: what the sentence about the bottleneck is tried on.
//
// A pipeline is a graph of 3 to 12 processors without cycles; lines spread over its branches. About a third of the
// processors are asynchronous. The slow step takes, for each line that enters, four times as long as all others together.

import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

import type { Bottleneck } from '../../../src/contract/processors.ts'
import { Observer } from '../../../src/observer/observer.ts'
import { createReveal } from '../../../src/observer/reveal.ts'
import { defineProcessor } from '../../../src/sdk/index.ts'
import { runPlan } from '../../../src/testing/run-plan.ts'
import { simplePlan } from '../../../src/testing/simple-plan.ts'
import { describePlan } from '../../../src/threads/describe-plan.ts'

const LINES = Buffer.alloc(14_000_000, 'a line that is as long as lines of logs are, give or take some words\n')

interface Step {
  readonly name: string
  /** Numbers of the steps that it sends lines to; the number of steps is the sink. */
  readonly targets: readonly number[]
  readonly isAsync: boolean
  readonly concurrency: number
  readonly microseconds: number
}

export interface RandomPipeline {
  readonly steps: readonly Step[]
  /** Parts of the entering lines that come to each step. */
  readonly parts: readonly number[]
  readonly slow: number
}

// What an asynchronous call costs the lane when it waits for nothing.
const ASYNC_MICROSECONDS = 60

export function randomPipeline(seed: number): RandomPipeline {
  const random = generator(seed)
  const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1))
  const count = between(3, 12)
  const steps = Array.from({ length: count }, (_, index): Step => {
    // The next one always, so that each is reached; and up to two beyond.
    const targets = new Set([index + 1])
    for (let more = between(0, 2); more > 0; more--) targets.add(between(index + 1, count))
    const isAsync = random() < 0.33
    const microseconds = isAsync ? ASYNC_MICROSECONDS : between(5, 20)
    return { name: `step${index}`, targets: [...targets], isAsync, concurrency: between(1, 8), microseconds }
  })
  const parts = new Array<number>(count + 1).fill(0)
  parts[0] = 1
  for (const [index, { targets }] of steps.entries()) {
    for (const target of targets) parts[target] += parts[index] / targets.length
  }
  // One that next to no line comes to cannot be what holds them up.
  const candidates = steps.map((_, index) => index).filter(index => parts[index] >= 0.1)
  return { steps, parts, slow: candidates[between(0, candidates.length - 1)] }
}

/** Milliseconds that each call of the slow step takes. */
function slowness({ steps, parts, slow }: RandomPipeline): number {
  const others = steps.reduce(
    (sum, { microseconds }, index) => sum + (index === slow ? 0 : microseconds * parts[index]),
    0
  )
  const { isAsync, concurrency } = steps[slow]
  const milliseconds = (4 * Math.max(30, others)) / 1_000 / parts[slow]
  return isAsync ? Math.max(2, milliseconds * concurrency) : milliseconds
}

/** What the sentence says after so long. */
export async function sentenceOf(
  pipeline: RandomPipeline,
  hasSlowStep: boolean,
  milliseconds: number
): Promise<Bottleneck | null> {
  const wait = slowness(pipeline)
  const nameOf = (target: number): string => pipeline.steps[target]?.name ?? 'end'
  const plan = simplePlan(
    Object.fromEntries(
      pipeline.steps.map((step, index) => {
        const slow = hasSlowStep && index === pipeline.slow ? wait : 0
        return [step.name, { use: processor(step, step.targets.map(nameOf), slow), concurrency: step.concurrency }]
      })
    )
  )
  let observer: Observer | undefined
  let found: Bottleneck | null = null
  let polling: NodeJS.Timeout | undefined
  await runPlan(plan, LINES, {
    trace: false,
    onLane: (lane, { telemetry: { region } }) => {
      const watching = new Observer({
        pipeline: describePlan(plan),
        regions: [region],
        reveal: createReveal(),
        version: '1'
      })
      observer = watching
      polling = setInterval(() => watching.poll(), 50)
      setTimeout(() => {
        found = watching.processors().bottleneck
        lane.stop()
      }, milliseconds)
    }
  })
  clearInterval(polling)
  // All lines may have gone through before.
  return found ?? observer?.processors().bottleneck ?? null
}

function processor({ microseconds, isAsync }: Step, tags: readonly string[], slowMilliseconds: number) {
  let calls = 0
  return defineProcessor({
    name: 'step',
    summary: 'A step of a random pipeline.',
    emits: tags,
    accepts: 'any',
    create: () => (line, emit) => {
      const tag = tags[calls++ % tags.length]
      if (!isAsync) {
        spin(slowMilliseconds === 0 ? microseconds / 1_000 : slowMilliseconds)
        emit(tag, line)
        return
      }
      return (slowMilliseconds === 0 ? turn() : sleep(slowMilliseconds)).then(() => emit(tag, line))
    }
  })
}

function spin(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

/** The same numbers for the same seed, on every machine. */
function generator(seed: number): () => number {
  let state = (seed + 1) * 2_654_435_761
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
