import assert from 'node:assert/strict'
import { test } from 'node:test'

import { defineProcessor, type LineValue } from '../../sdk/index.ts'
import { KEEP_REASONS, type KeepReason, type KeptRecord } from '../../shared-memory/index.ts'
import { runPlan } from '../../testing/run-plan.ts'
import { type SimplePlanSettings, simplePlan } from '../../testing/simple-plan.ts'
import { Allowance } from './allowance.ts'
import { PathSamples, type Pick } from './path-samples.ts'

const start = defineProcessor({
  name: 'start',
  summary: 'Does what the line says.',
  emits: ['on', 'again'],
  create: () => (line, emit, context) => {
    if (line.includes('keep')) context.keep()
    if (line.includes('dead')) throw new TypeError('it is dead')
    if (line.includes('twice') && context.attempt < 3) throw new Error(`try ${context.attempt}`)
    if (line.includes('drop')) return
    if (line.includes('reason')) return context.drop('too old')
    if (line.includes('nowhere')) return emit('nobody' as 'on', line)
    if (line.includes('round') && !line.includes('!!!')) return emit('again', `${line}!`, { because: 'not yet' })
    if (line.includes('many')) for (let fork = 0; fork < 12; fork++) emit('on', `${line} ${fork}`)
    else emit('on', line)
  }
})

async function keptOf(lines: readonly string[], journeys: NonNullable<SimplePlanSettings['journeys']>, attempts = 3) {
  const processors = {
    start: { use: start, to: { on: 'end', again: 'start' }, retry: { attempts, backoffMilliseconds: 1 } }
  }
  const run = await runPlan(simplePlan(processors, { journeys }), `${lines.join('\n')}\n`)
  const textOf = ({ text }: KeptRecord): string => Buffer.from(text).toString()
  return { ...run, texts: run.kept.map(textOf).sort(), byText: new Map(run.kept.map(each => [textOf(each), each])) }
}

function reasonsOf(record: KeptRecord | undefined): KeepReason[] {
  return KEEP_REASONS.filter((_, bit) => ((record?.reasons ?? 0) & (1 << bit)) !== 0)
}

test('a journey is kept with all its reasons', async () => {
  const lines = ['dead', 'twice', 'drop', 'reason', 'nowhere', 'round', 'many', 'plain']
  const { byText } = await keptOf(lines, { rareLines: 0, hopsOver: 3 })
  assert.deepEqual(reasonsOf(byText.get('dead')), ['dead'])
  assert.deepEqual(reasonsOf(byText.get('nowhere')), ['unmatched'])
  assert.ok(reasonsOf(byText.get('twice')).includes('retried'))
  assert.deepEqual(reasonsOf(byText.get('round')), ['hops', 'loop', 'baseline'])
  assert.ok(reasonsOf(byText.get('many')).includes('forked'))
  assert.deepEqual(reasonsOf(byText.get('drop')), ['dropped'])
  assert.deepEqual(reasonsOf(byText.get('reason')), ['dropped'])
})

test('a line that failed twice, then passed, tells each try with its error', async () => {
  const { byText } = await keptOf(['twice'], {})
  const [hop] = byText.get('twice')!.hops
  assert.deepEqual(
    hop.attempts.map(({ attempt, error }) => [attempt, error?.message]),
    [
      [1, 'try 1'],
      [2, 'try 2'],
      [3, undefined]
    ]
  )
  const [first, second] = hop.attempts
  assert.ok(second.startedAtMilliseconds! > first.startedAtMilliseconds!)
})

test('a reason that came with a route is kept, and the values of each round', async () => {
  const { byText } = await keptOf(['round'], {})
  const { hops } = byText.get('round')!
  assert.equal(hops[0].before?.text, 'round')
  assert.deepEqual(
    hops.slice(0, -1).map(({ emissions }) => [emissions[0].because?.text, emissions[0].value?.text]),
    [
      ['not yet', 'round!'],
      ['not yet', 'round!!'],
      ['not yet', 'round!!!'],
      [undefined, undefined]
    ]
  )
})

test('the first lines of a path are rare, then one stands for many, and together they stand for all', async () => {
  const lines = Array.from({ length: 20_000 }, (_, line) => `line ${line}`)
  const { kept, counters } = await keptOf(lines, { rareLines: 5 })
  const rare = kept.filter(each => reasonsOf(each).includes('rare'))
  assert.deepEqual(
    rare.map(({ lineNumber }) => lineNumber),
    [1, 2, 3, 4, 5]
  )
  assert.ok(rare.every(({ weight }) => weight === 1))
  const sampled = kept.filter(each => reasonsOf(each).join() === 'baseline')
  const stoodFor = sampled.reduce((sum, { weight }) => sum + weight, 0)
  // What came after the last sample stands for the next one.
  assert.ok(stoodFor <= 20_000 - 5, `${stoodFor}`)
  assert.equal(counters.kept_baseline, kept.filter(each => reasonsOf(each).includes('baseline')).length)
  assert.ok(counters.matched_baseline < 1_000, `${counters.matched_baseline} of 20,000 lines are samples`)
})

test('failures have a share of the allowance that nothing else takes, and more is counted, not kept', async () => {
  const lines = Array.from({ length: 3_000 }, (_, line) => (line % 3 === 0 ? `dead ${line}` : `plain ${line}`))
  const journeys = { journeysPerSecond: 20, sameErrorPerSecond: 1_000, rareLines: 1_000 }
  const { counters, kept } = await keptOf(lines, journeys, 1)
  assert.equal(counters.matched_dead, 1_000)
  assert.ok(counters.kept_dead >= 10 && counters.kept_dead < 500, `${counters.kept_dead} dead`)
  assert.ok(counters.matched_rare >= 1_000)
  assert.ok(counters.kept_rare >= 10 && counters.kept_rare < 500, `${counters.kept_rare} rare`)
  assert.equal(kept.length, counters.kept_written)
})

test('of failures that say the same, numbers aside, a few a second are kept', async () => {
  const lines = Array.from({ length: 500 }, (_, line) => `dead ${line}`)
  const { counters } = await keptOf(lines, { sameErrorPerSecond: 2 }, 1)
  assert.equal(counters.matched_dead, 500)
  assert.ok(counters.kept_dead >= 2 && counters.kept_dead <= 20, `${counters.kept_dead}`)
})

test('conditions say what is always kept and what never is', async () => {
  const settings = { rareLines: 100, keepWhen: 'line.contains("want")', dropWhen: 'line.contains("health")' }
  const { byText, texts } = await keptOf(['want it', 'health check', 'want health', 'other'], settings)
  assert.deepEqual(texts, ['other', 'want it'])
  assert.deepEqual(reasonsOf(byText.get('want it')), ['forced', 'rare'])
})

test('a processor has the journeys of single lines kept, also of one that fails there, and of one fork for its line', async () => {
  const lines = ['plain', 'keep this', 'keep dead', 'keep drop', 'keep twice', 'keep many', 'other']
  const { byText, counters } = await keptOf(lines, { rareLines: 0, sampleMilliseconds: 1e9, forksOver: 100 })
  const forced = [...byText].filter(([, record]) => reasonsOf(record).includes('forced')).map(([text]) => text)
  assert.deepEqual(forced.sort(), lines.filter(line => line.startsWith('keep')).sort())
  assert.deepEqual(reasonsOf(byText.get('keep dead')), ['forced', 'dead'])
  assert.equal(counters.matched_forced, 5)
})

test('what keeps the journey once its call has settled keeps none', async () => {
  let late: (() => void) | undefined
  const use = defineProcessor({
    name: 'first',
    summary: 'Holds on to what it was given.',
    create: () => (line, context) => {
      if (line === 'first') late = () => context.keep()
      return line
    }
  })
  const waits = async (line: LineValue): Promise<LineValue> => {
    late?.()
    await Promise.resolve()
    late?.()
    return line
  }
  const processors = { start: { use, to: 'second' }, second: { use: waits, to: 'end' } }
  const { kept, counters } = await runPlan(simplePlan(processors, { journeys: {} }), 'first\nsecond\nthird\n')
  assert.ok(kept.length > 0 && late !== undefined)
  assert.equal(counters.matched_forced, 0)
})

test('a dry run decides and counts, and keeps nothing', async () => {
  const { kept, counters } = await keptOf(['dead', 'plain'], { dryRun: true })
  assert.equal(kept.length, 0)
  assert.deepEqual([counters.kept_dead, counters.kept_rare, counters.kept_written], [1, 1, 0])
})

test('without tracing nothing is kept and nothing is counted', async () => {
  const plan = simplePlan({ start: { use: (line: LineValue) => line, to: 'end' } })
  const { kept, counters } = await runPlan(plan, 'one\ntwo\n', { trace: false })
  assert.equal(kept.length, 0)
  assert.equal(
    KEEP_REASONS.reduce((sum, reason) => sum + counters[`matched_${reason}`], 0),
    0
  )
})

test('samples of a path stand for all of its lines, whatever else comes in between', () => {
  const samples = new PathSamples({ capacity: 4, rareLines: 2, intervalMilliseconds: 100, random: Math.random })
  let now = 0
  const weights = [0, 0, 0]
  const picked = [0, 0, 0]
  const lines = [0, 0, 0]
  for (let turn = 0; turn < 20_000; turn++) {
    now += 0.05
    const path = turn % 100 === 0 ? 2 : 1
    const count = 1 + (turn % 7)
    lines[path] += count
    samples.left[path] -= count
    const picks: Pick[] = []
    if (samples.left[path] < 0) samples.pick(path, count, now, picks)
    for (const { weight, index } of picks) {
      assert.ok(index >= 0 && index < count)
      weights[path] += weight
      picked[path]++
    }
    samples.sweep(now)
  }
  for (const path of [1, 2]) {
    const share = weights[path] / lines[path]
    assert.ok(share > 0.5 && share <= 1, `path ${path}: ${share}`)
    // 1,000 ms of 100 ms each, and the first two.
    assert.ok(picked[path] >= 5 && picked[path] <= 60, `path ${path}: ${picked[path]} samples`)
  }
})

test('an allowance fills with time, up to what comes in a second', () => {
  const allowance = new Allowance({ journeysPerSecond: 4, bytesPerSecond: 1_000, failureShare: 0.5 })
  const takeAll = (isFailure: boolean, bytes: number): number => {
    let taken = 0
    for (; allowance.hasRoom(isFailure); taken++) allowance.take(isFailure, bytes)
    return taken
  }
  allowance.refill(0)
  assert.deepEqual([takeAll(true, 1), takeAll(false, 1)], [2, 2])
  allowance.refill(500)
  assert.deepEqual([takeAll(true, 1), takeAll(false, 1)], [1, 1])
  allowance.refill(60_000)
  // The bytes are used up before the journeys are.
  assert.deepEqual([takeAll(true, 600), takeAll(false, 1)], [1, 2])
  allowance.refill(59_000)
  assert.equal(allowance.hasRoom(true), false)
})
