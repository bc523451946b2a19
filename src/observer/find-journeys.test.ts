import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { parseJourneyExpression } from '../contract/journey-expression.ts'
import { journeyQuery } from '../contract/journey-query.ts'
import type { Trace } from '../contract/trace.ts'
import { findJourneys } from './find-journeys.ts'
import { journeyMatcher } from './journey-matcher.ts'
import { delivered, observe } from './observe-recording-fixtures.ts'
import type { Observer } from './observer.ts'
import type { RecordedLine } from './recording-lane-fixtures.ts'

const NODES = { processors: ['start', 'warn', 'other'], sinks: ['end'] }
const LINES: readonly RecordedLine[] = [
  delivered('zero timeout', [0, 1, 3]),
  delivered('one', [0, 2, 3]),
  { text: 'two', leaves: [{ nodes: [0], outcome: 'dropped', reason: 'fifth' }] },
  { text: 'three timeout', leaves: [{ nodes: [0, 1], outcome: 'dead' }], errors: [{ node: 1, message: 'broken' }] },
  {
    text: 'four',
    leaves: [
      { nodes: [0, 1, 3], outcome: 'delivered' },
      { nodes: [0, 2, 3], outcome: 'delivered', forkDepth: 1 }
    ]
  }
]

async function linesFound(observer: Observer, q: string): Promise<string[]> {
  const { journeys } = await observer.findJourneys(journeyQuery(q === '' ? {} : { q }))
  return journeys.map(({ line }) => line.split(' ')[0]).toSorted()
}

test('each condition finds the journeys that it says, and no others', async t => {
  const { observer } = await observe(t, { ...NODES, lines: LINES })
  const expected: Readonly<Record<string, readonly string[]>> = {
    '': ['four', 'one', 'three', 'two', 'zero'],
    'visited(warn)': ['four', 'three', 'zero'],
    '!visited(warn)': ['one', 'two'],
    'visited(warn) && line ~ /TIME(out)?/i': ['three', 'zero'],
    'line == timeout': ['three', 'zero'],
    'outcome == dropped || outcome == dead': ['three', 'two'],
    'reason == fifth': ['two'],
    'path == "start > warn > end"': ['zero'],
    'attempts >= 2': ['three'],
    'hops > 3': ['four'],
    'hops == 1': ['two'],
    'id == 0:13': ['one'],
    'value(three)': ['three'],
    'duration > 1h': [],
    'time > "2020-01-01"': ['four', 'one', 'three', 'two', 'zero'],
    'time < "2020-01-01"': []
  }
  for (const [q, lines] of Object.entries(expected)) assert.deepEqual(await linesFound(observer, q), lines, q)
})

test('a search goes on behind its cursor until all were shown once, in every order', async t => {
  const lines = Array.from({ length: 25 }, (_, number) => delivered(`${number}`, number % 2 === 0 ? [0, 3] : [0, 1, 3]))
  const { observer } = await observe(t, { ...NODES, lines })
  for (const sort of ['newest', 'longest', 'most_hops', 'most_errors']) {
    const seen: string[] = []
    let cursor: string | null | undefined
    do {
      const answer = await observer.findJourneys(journeyQuery({ sort, limit: '7', ...(cursor ? { cursor } : {}) }))
      assert.equal(answer.found, 25)
      seen.push(...answer.journeys.map(({ id }) => id))
      cursor = answer.cursor
    } while (cursor !== null)
    assert.equal(seen.length, 25, sort)
    assert.equal(new Set(seen).size, 25, sort)
  }
})

test('search sees masked text only, and says what it looked at', async t => {
  const { observer } = await observe(t, { ...NODES, lines: [delivered('key hunter2x', [0, 3])], secrets: ['hunter2x'] })
  assert.deepEqual(await linesFound(observer, 'line == hunter2x'), [])
  assert.deepEqual(await linesFound(observer, 'line ~ /hunter/'), [])
  assert.deepEqual(await linesFound(observer, 'line == "***"'), ['key'])
  const { message } = await observer.findJourneys(journeyQuery({}))
  assert.match(message, /^Looked at kept: 0; recent: 1 since 20\d\d-.*Z\.$/)
})

test('journeys of a store come behind, page by page, none of them twice', async t => {
  const { observer } = await observe(t, { ...NODES, lines: LINES })
  const { journeys } = await observer.findJourneys(journeyQuery({}))
  const older = journeys.map(trace => ({ ...trace, settled_at: '2020-01-01T00:00:00.000Z' }))
  const pages = [journeys, older.slice(0, 2), older.slice(2)]
  const found = await observer.findJourneys(journeyQuery({}), async (before = 0) => ({
    traces: pages[before],
    before: before + 1 < pages.length ? before + 1 : undefined
  }))
  assert.equal(found.found, 10)
  assert.deepEqual(found.looked_at.at(-1), { where: 'stored', journeys: 5, from: '2020-01-01T00:00:00.000Z' })
})

test('values and tries at every hop are found where they are known', async t => {
  const { observer } = await observe(t, { ...NODES, lines: LINES })
  const [trace] = (await observer.findJourneys(journeyQuery({ q: 'path == "start > warn > end"' }))).journeys
  const attempt = { attempt: 1, started_at: null, duration: null, error: null }
  const hops = trace.hops.map(hop => ({ ...hop, before: 'was this', after: 'then that', tag: 'warning' }))
  const kept: Trace = { ...trace, hops: [{ ...hops[0], attempts: [attempt, attempt, attempt] }, ...hops.slice(1)] }
  const holds = (q: string): boolean => journeyMatcher(parseJourneyExpression(q))(kept)
  assert.ok(holds('value("was this") && value(that) && tag(warning) && attempts == 3'))
  assert.ok(!holds('value(nothing)') && !holds('tag(info)') && !holds('attempts > 3'))
})

test('a search leaves the thread to others, and a hostile pattern ends it', async t => {
  const lines = Array.from({ length: 1_000 }, (_, number) => delivered(`${number} ${'a'.repeat(60)}`, [0, 1, 3]))
  const { observer } = await observe(t, { ...NODES, lines })
  let turns = 0
  const counting = setInterval(() => turns++, 1)
  t.after(() => clearInterval(counting))
  await observer.findJourneys(journeyQuery({ q: 'line ~ /(x|y)+b/' }))
  assert.ok(turns > 3)
  await assert.rejects(observer.findJourneys(journeyQuery({ regex: '(a+)+b' })), /takes too long/)
})

test('others have their turns between any two slices: of a line that a pattern is slow on, and of several searches', async t => {
  const turns = turnsOf(t)
  const { observer } = await observe(t, { ...NODES, lines: [delivered('a'.repeat(200), [0, 3])] })
  const [trace] = (await observer.findJourneys(journeyQuery({}))).journeys
  const before = turns.count
  const none = { kept: [], recent: [], stored: undefined }
  await assert.rejects(findJourneys(journeyQuery({ regex: '(a+)+b' }), { ...none, kept: [trace] }), /takes too long/)
  assert.ok(turns.count - before >= 8, `${turns.count - before}`)

  const workByTurn = new Map<number, number>()
  const slow = function* (): Generator<Trace> {
    for (let number = 0; number < 10; number++) {
      workByTurn.set(turns.count, (workByTurn.get(turns.count) ?? 0) + 1)
      for (const end = performance.now() + 3; performance.now() < end; );
      yield { ...trace, id: `0:${number}` }
    }
  }
  const searches = Array.from({ length: 5 }, () => findJourneys(journeyQuery({}), { ...none, kept: slow() }))
  for (const { found } of await Promise.all(searches)) assert.equal(found, 10)
  assert.deepEqual([...new Set(workByTurn.values())], [1])
  assert.equal(workByTurn.size, 50)
})

test('five thousand journeys that are found are sorted without asking each for its key again', async t => {
  const { observer } = await observe(t, { ...NODES, lines: LINES })
  const [trace] = (await observer.findJourneys(journeyQuery({}))).journeys
  let asked = 0
  const many = Array.from({ length: 5_200 }, (_, number) => {
    const each = { ...trace, id: `0:${number}` }
    return Object.defineProperty(each, 'settled_at', {
      get: () => {
        asked++
        return new Date(1.7e12 + ((number * 7_919) % 5_200)).toISOString()
      }
    })
  })
  const { journeys, found } = await findJourneys(journeyQuery({}), { kept: many, recent: [], stored: undefined })
  assert.equal(found, 5_200)
  assert.equal(journeys[0].settled_at, new Date(1.7e12 + 5_199).toISOString())
  assert.ok(asked < 5_200 * 5, `${asked}`)
})

test('what cannot be asked says why', async () => {
  const none = { kept: [], recent: [], stored: undefined }
  for (const [given, message] of [
    [{ vsited: 'warn' }, /no parameter vsited; there are limit, q, id/],
    [{ sort: 'oldest' }, /sort is one of newest/],
    [{ min_hops: 'x' }, /min_hops is a number, not "x"/],
    [{ from: 'noon' }, /from is a moment/],
    [{ outcome: 'gone' }, /outcome is one of/],
    [{ q: 'visited(' }, /^column 9: /]
  ] as const) {
    assert.throws(() => journeyQuery(given), { message })
  }
  await assert.rejects(findJourneys(journeyQuery({ cursor: 'x' }), none), /cursor/)
  await assert.rejects(findJourneys(journeyQuery({ regex: '(' }), none), /no valid pattern/)
})

/** How often the event loop has come round. */
function turnsOf(t: TestContext): { count: number } {
  const turns = { count: 0 }
  let hasEnded = false
  t.after(() => (hasEnded = true))
  const next = (): void => {
    turns.count++
    if (!hasEnded) setImmediate(next)
  }
  next()
  return turns
}
