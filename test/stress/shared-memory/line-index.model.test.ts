// Every order of the steps of the line index's writer, readers, main and a successor; and that broken ones are noticed.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AtomicCells } from '../../../src/shared-memory/cells.ts'
import { BlockReader } from '../../../src/shared-memory/line-index/block-reader.ts'
import { BlockWriter } from '../../../src/shared-memory/line-index/block-writer.ts'
import { blockOf, headerWord } from '../../../src/shared-memory/line-index/layout.ts'
import { giveBackRead, giveBackWritten } from '../../../src/shared-memory/line-index/recovery.ts'
import { describeExploration, explore, type Model, type ModelThread, type PlainCells } from './explorer.ts'
import { type Mutant, mutantUrl } from './mutants.ts'

interface Protocol {
  readonly BlockReader: typeof BlockReader
  readonly BlockWriter: typeof BlockWriter
  readonly giveBackRead: typeof giveBackRead
  readonly giveBackWritten: typeof giveBackWritten
}

const REAL: Protocol = { BlockReader, BlockWriter, giveBackRead, giveBackWritten }
const BLOCKS = 2
const RING = { base: 0, blocks: BLOCKS }
const BLOCK_WORDS = 2
const BODIES = headerWord(BLOCKS)

/** A word tells which filling of the block it is of, and which line. */
function wordOf(serial: number, line: number): number {
  return serial * 10 + line + 1
}

/** Each batch is one line; a block holds two. What a line is of is its place in the order of all lines. */
function writer(protocol: Protocol, name: string, epoch: number, batches: number): ModelThread {
  return {
    name,
    mayDie: true,
    run(cells, plain): number {
      const blocks = new protocol.BlockWriter(cells, RING, epoch)
      let lines = 0
      let serial = cells.load(0)
      let written = 0
      for (let batch = 0; batch < batches; batch++) {
        if (lines === BLOCK_WORDS || !blocks.resume()) {
          if (!blocks.begin()) continue
          lines = 0
          serial++
          if (blockOf(serial, BLOCKS) !== blocks.block) serial++
        }
        plain.write(BODIES + blocks.block * BLOCK_WORDS + lines, wordOf(serial, lines))
        lines++
        written++
        blocks.end(lines, lines)
      }
      return written
    }
  }
}

function readBlocks({ BlockReader: Reader }: Protocol, cells: AtomicCells, plain: PlainCells, tries: number): number {
  const reader = new Reader(cells, RING)
  let taken = 0
  for (let block = 0; block < BLOCKS; block++) {
    const isMine = reader.use(
      block,
      ({ serial, lines, entries }) => {
        assert.ok(entries <= lines, 'an entry has no lines yet')
        for (let line = 0; line < lines; line++) {
          const word = plain.read(BODIES + block * BLOCK_WORDS + line)
          assert.equal(word, wordOf(serial, line), 'a line is of another filling, or not there')
        }
      },
      tries
    )
    if (isMine) taken++
  }
  return taken
}

function reader(protocol: Protocol, name: string, mayDie = false): ModelThread {
  return { name, mayDie, run: (cells, plain) => readBlocks(protocol, cells, plain, 1) }
}

function main(protocol: Protocol, after: readonly string[], give: 'giveBackRead' | 'giveBackWritten'): ModelThread {
  return { name: give, after, run: cells => protocol[give](cells, RING) }
}

function survivor(protocol: Protocol, after: readonly string[]): ModelThread {
  return {
    name: 'survivor',
    after,
    run(cells, plain) {
      assert.equal(readBlocks(protocol, cells, plain, 1), BLOCKS, 'a block cannot be had after all threads ended')
    }
  }
}

function model(threads: readonly ModelThread[]): Model {
  return { words: BODIES + BLOCKS * BLOCK_WORDS, threads, isOwned: index => index >= BODIES }
}

/** Smaller ones first. */
function modelsOf(protocol: Protocol): Map<string, Model> {
  const dead = main(protocol, ['writer'], 'giveBackWritten')
  const successor = { ...writer(protocol, 'successor', 2, 2), mayDie: false, after: [dead.name] }
  return new Map([
    [
      'a writer of five lines and a reader',
      model([
        writer(protocol, 'writer', 1, 5),
        reader(protocol, 'reader'),
        dead,
        survivor(protocol, [dead.name, 'reader'])
      ])
    ],
    [
      'a writer that dies, its successor and a reader',
      model([
        writer(protocol, 'writer', 1, 4),
        dead,
        successor,
        reader(protocol, 'reader'),
        survivor(protocol, ['successor', 'reader'])
      ])
    ],
    [
      'a reader that dies, a second one and a writer',
      model([
        { ...writer(protocol, 'writer', 1, 3), mayDie: false },
        reader(protocol, 'reader', true),
        reader(protocol, 'second reader'),
        main(protocol, ['reader', 'second reader'], 'giveBackRead'),
        survivor(protocol, ['writer', 'giveBackRead'])
      ])
    ]
  ])
}

for (const [what, each] of modelsOf(REAL)) {
  test(`no order of ${what} races, shows what is not whole or leaves a block taken`, t => {
    const exploration = explore(each)
    t.diagnostic(describeExploration(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(exploration.states > 500)
  })
}

const MUTANTS: readonly Mutant<'block-writer' | 'block-reader' | 'recovery'>[] = [
  {
    what: 'a reader that takes what another has',
    file: 'block-reader',
    changes: [
      {
        from: 'this.#cells.compareExchange(state, IDLE, READING) === IDLE',
        to: '(this.#cells.store(state, READING), true)'
      }
    ]
  },
  {
    what: 'a reader that gives the block back before it has copied it',
    file: 'block-reader',
    changes: [
      { from: '    this.#cells.store(header + STATE, IDLE)\n', to: '' },
      { from: '    copy({\n', to: '    this.#cells.store(header + STATE, IDLE)\n    copy({\n' }
    ]
  },
  {
    what: 'a writer that takes what a reader has',
    file: 'block-writer',
    changes: [
      {
        from: 'return this.#cells.compareExchange(this.#ring.base + headerWord(block) + STATE, IDLE, WRITING) === IDLE',
        to: 'this.#cells.store(this.#ring.base + headerWord(block) + STATE, WRITING)\n    return true'
      }
    ]
  },
  {
    what: 'a block given to readers before its lines are counted',
    file: 'block-writer',
    changes: [
      { from: '    this.#cells.store(header + STATE, IDLE)\n', to: '' },
      {
        from: '    this.#cells.store(header + LINES, lines)\n    this.#cells.store(header + ENTRIES, entries)\n',
        to: '    this.#cells.store(header + ENTRIES, entries)\n    this.#cells.store(header + STATE, IDLE)\n    this.#cells.store(header + LINES, lines)\n'
      }
    ]
  },
  {
    what: 'a new block that still counts its old lines',
    file: 'block-writer',
    changes: [{ from: '      this.#cells.store(header + LINES, 0)\n', to: '' }]
  },
  {
    what: 'a successor that begins with the serials of its predecessor again',
    file: 'block-writer',
    changes: [{ from: 'this.#serial = cells.load(ring.base + NEWEST)', to: 'this.#serial = 0' }]
  },
  {
    what: "a dead thread's block that nobody gives back",
    file: 'recovery',
    changes: [{ from: 'state, IDLE)\n}', to: 'state, state)\n}' }]
  }
]

for (const { what, file, changes } of MUTANTS) {
  test(`a line index is noticed that has ${what}`, async t => {
    const mutant: Protocol = { ...REAL, ...(await load(t, file, changes)) }
    const violation = modelsOf(mutant)
      .values()
      .map(each => explore(each).violation)
      .find(each => each !== undefined)
    assert.ok(violation !== undefined)
    t.diagnostic(violation.split('\n')[0])
  })
}

function load(t: TestContext, file: string, changes: Mutant['changes']): Promise<Partial<Protocol>> {
  return import(mutantUrl(t, `line-index/${file}.ts`, changes))
}
