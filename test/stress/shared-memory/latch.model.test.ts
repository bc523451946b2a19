// Every order of the steps of a latch's writer and readers; and that broken latches are noticed.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AtomicCells } from '../../../src/shared-memory/cells.ts'
import { COPIES, latchWords } from '../../../src/shared-memory/latch/layout.ts'
import { LatchReader } from '../../../src/shared-memory/latch/reader.ts'
import { LatchWriter } from '../../../src/shared-memory/latch/writer.ts'
import { describeExploration, type End, type Exploration, explore, type Model, type ModelThread } from './explorer.ts'
import { type Change, type Mutant, mutantUrl } from './mutants.ts'

interface Latch {
  readonly LatchReader: typeof LatchReader
  readonly LatchWriter: typeof LatchWriter
}

const REAL: Latch = { LatchReader, LatchWriter }

/** A number both of whose words tell which publish it is from. */
function numberOf(publish: number): number {
  return new Float64Array(Int32Array.of(publish, 0x4000_0000 | publish).buffer)[0]
}

function publishOf(number: number): number {
  const [low, high] = new Int32Array(Float64Array.of(number).buffer)
  if (low === 0 && high === 0) return 0
  assert.equal(high, 0x4000_0000 | low, 'a number is torn')
  return low
}

interface Writing {
  /** What the writer went on from. */
  readonly found: number
  readonly last: number
}

function writer({ LatchWriter }: Latch, name: string, from: number, publishes: number): ModelThread {
  return {
    name,
    mayDie: true,
    run(cells): Writing {
      const latch = new LatchWriter(cells, 0, new Float64Array(1))
      const found = publishOf(latch.numbers[0])
      for (let publish = from; publish < from + publishes; publish++) {
        latch.numbers[0] = numberOf(publish)
        latch.publish()
      }
      return { found, last: from + publishes - 1 }
    }
  }
}

function readTimes({ LatchReader }: Latch, cells: AtomicCells, times: number): number[] {
  const reader = new LatchReader(cells, 0, 1)
  const seen: number[] = []
  for (let time = 0; time < times; time++) {
    if (reader.read()) seen.push(publishOf(reader.numbers[0]))
    assert.ok((seen.at(-2) ?? 0) <= (seen.at(-1) ?? 0), 'a reader went backwards')
  }
  return seen
}

function reader(latch: Latch, name: string, times: number): ModelThread {
  return { name, run: cells => readTimes(latch, cells, times) }
}

/** Whatever instant the writer died at, the region is readable, with what it published last or was publishing. */
function survivor(latch: Latch, after: readonly string[]): ModelThread {
  return {
    name: 'survivor',
    after,
    run(cells) {
      const reader = new latch.LatchReader(cells, 0, 1)
      assert.ok(reader.read(), 'nothing can be read after the writer died')
      return publishOf(reader.numbers[0])
    }
  }
}

function model(latch: Latch, threads: readonly ModelThread[]): Model {
  const writers = threads.filter(thread => thread.mayDie).map(thread => thread.name)
  return {
    words: latchWords(1),
    threads: [...threads, survivor(latch, writers)],
    atEnd: ({ results }: End) => {
      const left = results.get('survivor') as number
      let published = 0
      for (const name of writers) {
        const writing = results.get(name) as Writing | undefined
        if (writing === undefined) continue
        assert.ok(writing.found >= published, 'a successor goes on from less than was published')
        published = writing.last
      }
      assert.ok(left >= published, 'what was published last is lost')
      for (const { name } of threads.filter(thread => !thread.mayDie)) {
        assert.ok(left >= ((results.get(name) as number[]).at(-1) ?? 0), 'what a reader saw is lost')
      }
    }
  }
}

/** Smaller ones first. */
function modelsOf(latch: Latch): Map<string, Model> {
  const dying = (...publishes: readonly number[]): ModelThread[] => {
    let from = 1
    return publishes.map((count, index) => {
      const thread = {
        ...writer(latch, `writer ${index}`, from, count),
        after: index === 0 ? [] : [`writer ${index - 1}`]
      }
      from += count
      return thread
    })
  }
  const models = new Map([
    ['two publishes and two readers', model(latch, [...dying(2), reader(latch, 'one', 1), reader(latch, 'two', 1)])],
    ['three publishes and a reader that reads twice', model(latch, [...dying(3), reader(latch, 'reader', 2)])],
    ['a writer that dies, and its successor', model(latch, [...dying(2, 2), reader(latch, 'reader', 2)])],
    ['three writers of which each dies', model(latch, [...dying(1, 1, 1), reader(latch, 'reader', 2)])]
  ])
  if (process.env['LINESCOPE_LONG'] !== '1') return models
  return models.set(
    'a writer that dies, its successor and two readers',
    model(latch, [...dying(2, 1), reader(latch, 'one', 1), reader(latch, 'two', 1)])
  )
}

function report(t: TestContext, exploration: Exploration): void {
  t.diagnostic(describeExploration(exploration))
  assert.equal(exploration.violation, undefined)
  assert.ok(exploration.states > 1_000)
}

for (const [what, each] of modelsOf(REAL)) {
  test(`no order of ${what} tears, goes backwards or leaves less to read than was published`, t => {
    report(t, explore(each))
  })
}

const MUTANTS: readonly Mutant<'writer' | 'reader'>[] = [
  {
    what: 'no odd mark before the words',
    file: 'writer',
    changes: [{ from: '    cells.store(version, (this.#version + 1) | 0)\n', to: '' }]
  },
  {
    what: 'its new copy published before it is written',
    file: 'writer',
    changes: [
      { from: '    cells.store(version, this.#version)\n', to: '' },
      {
        from: '    cells.store(version, (this.#version + 1) | 0)\n',
        to: '    cells.store(version, this.#version + 2)\n'
      }
    ]
  },
  {
    what: 'the newest copy overwritten',
    file: 'writer',
    changes: [{ from: 'const next = 1 - this.#newest', to: 'const next = this.#newest' }]
  },
  {
    what: 'a successor that goes on from the older copy',
    file: 'writer',
    changes: [{ from: 'newestCopy(first, second)', to: 'newestCopy(second, first)' }]
  },
  {
    what: 'a successor that uses versions of its predecessor again',
    file: 'writer',
    changes: [{ from: 'this.#version = this.#newest === 1 ? second : first', to: 'this.#version = 0' }]
  },
  {
    what: 'a successor that goes on from the version of the older copy',
    file: 'writer',
    changes: [
      {
        from: 'this.#version = this.#newest === 1 ? second : first',
        to: 'this.#version = this.#newest === 1 ? first : second'
      }
    ]
  },
  {
    what: 'a successor that begins with no numbers',
    file: 'writer',
    changes: [{ from: 'if (first === 0 && second === 0) return', to: 'return' }]
  },
  {
    what: 'no second look at the version',
    file: 'reader',
    changes: [{ from: '      if (this.#cells.load(versions + newest) !== version) continue\n', to: '' }]
  },
  {
    what: 'the second look before the copying',
    file: 'reader',
    changes: [
      { from: '      this.#copy(newest)\n', to: '' },
      {
        from: '      return this.#accept(version)\n',
        to: '      this.#copy(newest)\n      return this.#accept(version)\n'
      }
    ]
  },
  {
    what: 'readers that take the first whole copy',
    file: 'reader',
    changes: [{ from: 'newestCopy(first, second)', to: '(isBeingWritten(first) ? 1 : 0)' }]
  }
]

for (const { what, file, changes } of MUTANTS) {
  test(`a latch is noticed that has ${what}`, async t => {
    const mutant: Latch = { ...REAL, ...(await load(t, file, changes)) }
    const violation = modelsOf(mutant)
      .values()
      .map(each => explore(each).violation)
      .find(each => each !== undefined)
    assert.ok(violation !== undefined)
    t.diagnostic(violation.split('\n')[0])
  })
}

// Both versions are odd in a reader's eyes only when the first has changed since it looked, and then the second look
// refuses the copy. The check saves the copying, and guards against memory that no writer has written (latch.test.ts).
test('a latch is right, too, whose reader copies before it knows that the version is even', async t => {
  const changes = [{ from: '      if (isBeingWritten(version)) continue\n', to: '' }]
  const altered: Latch = { ...REAL, ...(await load(t, 'reader', changes)) }
  for (const each of modelsOf(altered).values()) report(t, explore(each))
})

// No stress test on x86 shows what plain accesses break; the language promises nothing for them.
for (const [what, isOwned] of [
  ['plain accesses', () => true],
  ['plain words between atomic versions', (index: number) => index >= COPIES]
] as const) {
  test(`a latch with ${what} is noticed as a race`, () => {
    const each = model(REAL, [writer(REAL, 'writer', 1, 3), reader(REAL, 'reader', 1)])
    assert.match(explore({ ...each, isOwned }).violation ?? '', /A race/)
  })
}

function load(t: TestContext, file: string, changes: readonly Change[]): Promise<Partial<Latch>> {
  return import(mutantUrl(t, `latch/${file}.ts`, changes))
}
