// The explorer on models whose answer is known: it finds what is there, and nothing else.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Exploration, explore, type ModelThread } from './explorer.ts'

const DATA = 0
const FLAG = 1

function increment(name: string): ModelThread {
  return { name, run: cells => cells.store(DATA, cells.load(DATA) + 1) }
}

test('two threads of two steps have six orders, and an update lost in them is found', () => {
  const threads = [increment('one'), increment('two')]
  const { orders, violation } = explore({ words: 1, threads })
  assert.equal(violation, undefined)
  assert.equal(orders, 6)
  const broken = explore({ words: 1, threads, atEnd: ({ cells }) => assert.equal(cells.load(DATA), 2, 'lost') })
  assert.match(broken.violation ?? '', /lost/)
})

test('the order that breaks the law is told step by step', () => {
  const threads = [increment('one'), increment('two')]
  const { violation } = explore({ words: 1, threads, atEnd: ({ cells }) => assert.equal(cells.load(DATA), 2, 'lost') })
  const steps = violation?.split('\n').slice(-4)
  assert.deepEqual(steps, ['  one: load [0]', '  two: load [0]', '  one: store [0] = 1', '  two: store [0] = 1'])
})

test('a compare-and-swap loses nothing', () => {
  const threads = ['one', 'two', 'three'].map(name => ({
    name,
    run(cells: Parameters<ModelThread['run']>[0]) {
      for (let found = cells.load(DATA); ; ) {
        const before = found
        found = cells.compareExchange(DATA, before, before + 1)
        if (found === before) return
      }
    }
  }))
  const { violation, ends } = explore({ words: 1, threads, atEnd: ({ cells }) => assert.equal(cells.load(DATA), 3) })
  assert.equal(violation, undefined)
  assert.ok(ends > 1)
})

/** One thread writes plainly and tells the other by a flag, in one of two orders. */
function handOver(isRight: boolean): Exploration {
  const writer: ModelThread = {
    name: 'writer',
    run(cells, plain) {
      if (isRight) plain.write(DATA, 7)
      cells.store(FLAG, 1)
      if (!isRight) plain.write(DATA, 7)
    }
  }
  const reader: ModelThread = {
    name: 'reader',
    run: (cells, plain) => (cells.load(FLAG) === 1 ? plain.read(DATA) : 7)
  }
  return explore({
    words: 2,
    threads: [writer, reader],
    atEnd: ({ results }) => assert.equal(results.get('reader'), 7)
  })
}

test('plain accesses ordered by atomics are no race, and others are one', () => {
  assert.equal(handOver(true).violation, undefined)
  assert.match(handOver(false).violation ?? '', /A race/)
})

test('a thread dies before each change that it makes, or not at all', () => {
  const seen = new Set<number>()
  const writer: ModelThread = {
    name: 'writer',
    mayDie: true,
    run(cells) {
      for (let value = 1; value <= 3; value++) cells.store(DATA, value)
    }
  }
  const heir: ModelThread = { name: 'heir', after: ['writer'], run: cells => cells.load(DATA) }
  const { deaths, violation } = explore({
    words: 1,
    threads: [writer, heir],
    atEnd: ({ results }) => {
      seen.add(results.get('heir') as number)
    }
  })
  assert.equal(violation, undefined)
  assert.equal(deaths, 3)
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [0, 1, 2, 3]
  )
})

test('a cell that is said to be private and is not, and one used both ways, are refused', () => {
  const threads = [increment('one'), increment('two')]
  assert.throws(() => explore({ words: 1, threads, isPrivate: () => true }), /not private/)
  const plainly: ModelThread = { name: 'two', run: (_cells, plain) => plain.read(DATA) }
  assert.throws(() => explore({ words: 1, threads: [increment('one'), plainly] }), /both plainly and atomically/)
})
