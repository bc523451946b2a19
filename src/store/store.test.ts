// What the store keeps, for how long, how much of it, and what it answers.

import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'

import type { ErrorGroup } from '../contract/errors.ts'
import { storeFile } from './files.ts'
import type { JourneyQuery, StepSeconds } from './messages.ts'
import { ReadOnlyStore } from './read-only.ts'
import { usedBytes } from './retention.ts'
import type { Store } from './store.ts'
import { folderWithLetters, journeyOf, START, sampleAt, storeOf, upTo } from './store-fixtures.ts'

const LEDGER = {
  entered: 5,
  replayed: 0,
  forked: 0,
  delivered: 4,
  dropped: 0,
  dead: 1,
  unmatched: 0,
  joined: 0,
  in_flight: 0,
  unaccounted: 0
}
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }

describe('history', () => {
  test('is of the last 10 minutes in seconds, 2 hours in ten seconds, and a day in minutes', t => {
    const store = storeOf(t, folderWithLetters(t, 0))
    const lengths: readonly (readonly [StepSeconds, number])[] = [
      [1, 600],
      [10, 720],
      [60, 1_440]
    ]
    for (const [step, steps] of lengths) {
      for (let index = 0; index < steps + 50; index++) {
        store.add([sampleAt(START + index * step * 1_000, { step, seconds: step, entered: index * step })])
        if (index % 500 === 0) store.flush()
      }
      store.flush()
      const { points } = store.answer('history', { ...ALL, step })!
      assert.equal(points.length, steps + 1)
      assert.equal(points.at(-1)?.at, new Date(START + (steps + 49) * step * 1_000).toISOString())
      assert.equal(points.at(-1)?.entered_per_second, steps + 49)
    }
    const part = store.answer('history', { from: START + 100_000, to: START + 103_000, step: 1 })!
    assert.deepEqual(
      part.points.map(({ at }) => Date.parse(at)),
      [START + 100_000, START + 101_000, START + 102_000]
    )
  })

  test('has the numbers of one processor, whatever its name, and zeros where it had nothing to do', t => {
    const store = storeOf(t, folderWithLetters(t, 0))
    const node = { received: 10, emitted: 8, errors: 2, timeSeconds: 0.5, p50: 0.01, p95: 0.02, p99: null }
    store.add([sampleAt(START, { seconds: 2, nodes: [{ name: '__proto__', ...node }] }), sampleAt(START + 1_000)])
    store.flush()
    const { points } = store.answer('history', { ...ALL, step: 1, node: '__proto__' })!
    assert.deepEqual(points[0].node, {
      received_per_second: 5,
      emitted_per_second: 4,
      errors_per_second: 1,
      busy: 0.25,
      p50: 0.01,
      p95: 0.02,
      p99: null
    })
    assert.equal(points[1].node?.received_per_second, 0)
    assert.equal(store.answer('history', { ...ALL, step: 1 })?.points[0].node, null)
  })
})

describe('runs', () => {
  test('are told with how they ended and their ledger; one that ended without a word was killed', t => {
    const folder = folderWithLetters(t, 0)
    const run = { pipeline: 'p', version: '1', configHash: 'c', isTraced: false }
    const killed = storeOf(t, folder, { run: { ...run, startedAt: START } })
    killed.noteLedger(START + 5_000, LEDGER)
    killed.flush()
    killed.close()
    const failed = storeOf(t, folder, { run: { ...run, startedAt: START + 10_000 } })
    failed.ended({ ending: 'failed', message: 'the disk is gone', at: START + 20_000 })
    failed.exits(1)
    failed.flush()
    failed.close()
    const present = storeOf(t, folder, { run: { ...run, startedAt: START + 30_000 } })
    present.flush()
    const { runs } = present.answer('runs', { limit: 10 })!
    assert.deepEqual(
      runs.map(({ run: number, ending, message, exit_code: code, ended_at: ended, ledger }) => [
        number,
        ending,
        message,
        code,
        ended && Date.parse(ended) - START,
        ledger?.entered
      ]),
      [
        [3, 'running', null, null, null, undefined],
        [2, 'failed', 'the disk is gone', 1, 20_000, undefined],
        [1, 'killed', null, null, 5_000, 5]
      ]
    )
  })
})

describe('groups of errors', () => {
  test('have their newest counts, and stay when the next run has the same ones', t => {
    const folder = folderWithLetters(t, 0)
    const group = (count: number): ErrorGroup => ({ processor: 'a', name: 'Error', message: 'no', count }) as ErrorGroup
    const first = storeOf(t, folder)
    first.putErrorGroups([{ key: 'k', lastAt: START, group: group(1) }])
    first.flush()
    first.putErrorGroups([{ key: 'k', lastAt: START + 1, group: group(7) }])
    first.flush()
    first.close()
    const run = { startedAt: START + 1_000, pipeline: 'p', version: '1', configHash: 'c', isTraced: false }
    const second = storeOf(t, folder, { run })
    second.putErrorGroups([{ key: 'k', lastAt: START + 2, group: group(2) }])
    second.flush()
    assert.deepEqual(
      [1, undefined, 3].map(asked => {
        const { run: found, groups, known } = second.answer('errorGroups', { run: asked, sort: 'count', limit: 10 })!
        return [found, groups.map(({ count }) => count), known]
      }),
      [
        [1, [7], 1],
        [2, [2], 1],
        [undefined, [], 0]
      ]
    )
  })
})

describe('kept journeys', () => {
  const ids = (store: Store, query: Partial<JourneyQuery> = {}) =>
    store.answer('findJourneys', { limit: 100, ...query })?.journeys.map(({ trace }) => Number(trace.id.slice(2)) / 10)

  test('are found by a piece of their line, time, outcome, duration and reason, newest first', t => {
    const store = storeOf(t, folderWithLetters(t, 0))
    store.keep(upTo(25).map(number => journeyOf(number)))
    store.keep([journeyOf(25, { line: 'Grüße "50%" AND * NEAR(x)', outcome: 'dead' }, ['errored', 'slow'])])
    store.flush()
    assert.deepEqual(ids(store, { limit: 3 }), [25, 24, 23])
    assert.deepEqual(ids(store, { text: 'user-3' }), [23, 13, 3])
    assert.deepEqual(ids(store, { text: 'USER-3' }), [23, 13, 3])
    for (const text of ['"50%" AND', '* NEAR(', 'grüße', '%"', '"', '50'])
      assert.deepEqual(ids(store, { text }), [25], text)
    assert.deepEqual(ids(store, { text: "' OR 1=1 --" }), [])
    assert.deepEqual(ids(store, { from: START + 3_000, to: START + 5_000 }), [4, 3])
    assert.deepEqual(ids(store, { outcome: 'dead' }), [25])
    assert.deepEqual(ids(store, { reason: 'slow' }), [25])
    assert.deepEqual(ids(store, { durationAtLeast: 0.024 }), [25, 24])
    const one = store.answer('journey', { id: '0:250' })?.journey
    assert.deepEqual([one?.trace.line, one?.reasons, one?.run], ['Grüße "50%" AND * NEAR(x)', ['errored', 'slow'], 1])
    assert.equal(store.answer('journey', { id: '0:251' })?.journey, undefined)
  })

  test('come page by page, each once', t => {
    const store = storeOf(t, folderWithLetters(t, 0))
    store.keep(upTo(25).map(number => journeyOf(number)))
    store.keep([journeyOf(3)])
    store.flush()
    const paged: number[] = []
    for (let before: number | undefined; ; ) {
      const page = store.answer('findJourneys', { limit: 4, before })!
      paged.push(...page.journeys.map(({ trace }) => trace.line_number - 1))
      if (page.before === undefined) break
      before = page.before
    }
    assert.deepEqual(paged, upTo(25).reverse())
  })
})

describe('the age of what is kept', () => {
  test('is bounded for journeys and groups of errors when it is asked for, and else by nothing', t => {
    const folder = folderWithLetters(t, 3)
    const keep = (store: Store): void => {
      store.keep(upTo(25).map(number => journeyOf(number)))
      for (const [key, seconds] of [['old', 1] as const, ['new', 20] as const]) {
        store.putErrorGroups([{ key, lastAt: START + seconds * 1_000, group: { count: 1 } as ErrorGroup }])
      }
    }
    const groupsIn = (store: Store) => store.answer('errorGroups', { sort: 'count', limit: 10 })?.known
    const journeysIn = (store: Store) =>
      store.answer('findJourneys', { limit: 100 })?.journeys.map(({ trace }) => trace.line_number - 1)
    const unbounded = storeOf(t, folder)
    keep(unbounded)
    unbounded.flush()
    unbounded.flush(1e9)
    assert.deepEqual([journeysIn(unbounded)?.length, groupsIn(unbounded)], [25, 2])
    unbounded.close()

    const bounded = storeOf(t, folder, { maxAgeMilliseconds: Date.now() - (START + 10_500) })
    bounded.index(100)
    bounded.flush()

    // The newest was settled 24 s after the start.
    const left = journeysIn(bounded)!
    assert.ok(left.length > 0 && left.length < 15 && left.every(number => number > 10), left.join())
    assert.equal(
      bounded.answer('findJourneys', { text: 'user-3', limit: 10 })?.journeys.length,
      left.includes(13) ? 2 : 1
    )
    assert.equal(groupsIn(bounded), 1)
    // They are those of the log, however old.
    assert.equal(bounded.answer('deadLetters', { limit: 10 })?.known, 3)
  })
})

describe('the size of the store', () => {
  test('is kept: the oldest journeys go, with what finds them', t => {
    const folder = folderWithLetters(t, 0)
    const maxBytes = 1024 * 1024
    const store = storeOf(t, folder, { maxBytes })
    const long = 'x'.repeat(200)
    for (let round = 0; round < 20; round++) {
      store.keep(upTo(400).map(index => journeyOf(round * 400 + index, { line: `${long} nr${round * 400 + index};` })))
      store.flush(round * 60_000)
    }
    store.flush(1e9)
    assert.equal(store.answer('findJourneys', { text: 'nr7999;', limit: 1 })?.journeys.length, 1)
    assert.equal(store.answer('findJourneys', { text: 'nr1;', limit: 1 })?.journeys.length, 0)
    store.close()
    const database = new DatabaseSync(storeFile(folder))
    assert.ok(usedBytes(database) <= maxBytes)
    const found = database.prepare(
      'SELECT (SELECT count(*) FROM journeys) AS a, (SELECT count(*) FROM journey_texts) AS b'
    )
    const { a, b } = found.get() as { a: number; b: number }
    assert.ok(a === b && a > 100, `${a} journeys, ${b} texts`)
    database.close()
    // Not more than what one round may add before it is looked at.
    assert.ok(statSync(storeFile(folder)).size < 3 * maxBytes)
  })

  test('of letters in the index is kept too, and those that went do not come back', t => {
    const folder = folderWithLetters(t, 3_000)
    const store = storeOf(t, folder, { maxBytes: 400 * 1024 })
    let slices = 0
    while (!store.index(500)) store.flush(++slices * 60_000)
    store.flush(1e9)
    const { dead_letters: letters, known } = store.answer('deadLetters', { limit: 1 })!
    assert.equal(letters[0].number, 2_999)
    assert.ok(known >= 1_000 && known < 3_000, String(known))
    store.index(500)
    assert.equal(store.answer('deadLetters', { limit: 1 })?.known, known)
  })
})

describe('a store that cannot write', () => {
  test('keeps what waits within bounds, counts the rest, and goes on by itself', t => {
    const folder = join(folderWithLetters(t, 2), 'not there yet')
    const said: string[] = []
    const store = storeOf(t, folder, { say: message => said.push(message) })
    store.add(upTo(1_200).map(index => sampleAt(START + index * 1_000)))
    store.keep(upTo(5_100).map(index => journeyOf(index)))
    store.flush()
    assert.deepEqual(store.dropped, { samples: 200, journeys: 100, errorGroups: 0 })
    assert.match(store.trouble!, /ENOENT/)
    assert.equal(store.answer('runs', { limit: 1 }), undefined)
    assert.equal(said.length, 1)
    assert.equal(store.index(10), false)
  })

  test('has its database damaged while it is open: a new one is begun, and what waited is in it', t => {
    const folder = folderWithLetters(t, 5)
    const said: string[] = []
    const store = storeOf(t, folder, { say: message => said.push(message) })
    store.keep([journeyOf(1)])
    store.flush()
    store.index(100)
    store.close()
    writeFileSync(storeFile(folder), 'no database any more, and long enough for one'.repeat(400))
    store.keep([journeyOf(2)])
    store.flush()
    store.index(100)
    assert.equal(store.answer('deadLetters', { limit: 9 })?.known, 5)
    assert.equal(store.answer('findJourneys', { limit: 9 })?.journeys.length, 1)
    assert.equal(said.length, 1)
  })
})

describe('the store of a run that is over', () => {
  test('is read with the same questions, also after a kill, and nothing in its folder changes', t => {
    const folder = folderWithLetters(t, 2)
    assert.equal(ReadOnlyStore.open(folder), undefined)
    const store = storeOf(t, folder)
    store.keep([journeyOf(1)])
    store.add([sampleAt(START, { entered: 4 })])
    store.flush()
    store.index(10)
    const killed = folderWithLetters(t, 2)
    for (const name of ['store.db', 'store.db-wal']) copyFileSync(join(folder, name), join(killed, name))
    store.close()
    for (const left of [folder, killed]) {
      const before = contentOf(left)
      const read = ReadOnlyStore.open(left)!
      assert.equal(read.answer('runs', { limit: 1 }).runs[0].ending, 'killed')
      assert.equal(read.answer('findJourneys', { limit: 9, text: 'user-1' }).journeys.length, 1)
      assert.equal(read.answer('history', { ...ALL, step: 1 }).points[0].entered_per_second, 4)
      assert.equal(read.answer('deadLetters', { limit: 9 }).known, 2)
      read.close()
      assert.deepEqual(contentOf(left), before)
    }
  })

  test('is not read when it is damaged', t => {
    const other = folderWithLetters(t, 0)
    writeFileSync(storeFile(other), 'notes '.repeat(1000))
    assert.throws(() => ReadOnlyStore.open(other), /not a database/)
  })
})

function contentOf(folder: string): (string | Buffer)[] {
  return readdirSync(folder)
    .sort()
    .flatMap(name => (name === 'dead-letters' ? [name] : [name, readFileSync(join(folder, name))]))
}
