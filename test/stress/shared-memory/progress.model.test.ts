// Every order of a lane that goes from call to call and of whoever looks which call it is in; and that a pair of words
// that may be torn is noticed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AtomicCells } from '../../../src/shared-memory/cells.ts'
import { CONTROL_WORDS } from '../../../src/shared-memory/control/layout.ts'
import { loadProgress, storeProgress } from '../../../src/shared-memory/control/progress.ts'
import { describeExploration, explore, type Model } from './explorer.ts'
import { type Mutant, mutantUrl } from './mutants.ts'

interface Progress {
  readonly loadProgress: typeof loadProgress
  readonly storeProgress: typeof storeProgress
}

/** Of call n the words are n and 10 n, so that each tells the other. */
function model({ loadProgress, storeProgress }: Progress): Model {
  const look = (cells: AtomicCells): number | undefined => {
    const found = loadProgress(cells, 0)
    if (found === undefined) return undefined
    assert.deepEqual([found.node, found.since], [found.call, found.call * 10], 'a pair is torn')
    return found.call
  }
  return {
    words: CONTROL_WORDS,
    threads: [
      {
        name: 'lane',
        mayDie: true,
        run(cells) {
          for (let call = 1; call <= 4; call++) storeProgress(cells, 0, call, call, call * 10)
        }
      },
      {
        name: 'watchdog',
        run(cells) {
          const calls = [look(cells), look(cells)].filter(call => call !== undefined)
          assert.ok(calls.length < 2 || calls[0] <= calls[1], 'a call is over and comes back')
        }
      },
      { name: 'main after lane', after: ['lane'], run: look }
    ],
    atEnd: ({ results }) => {
      assert.notEqual(results.get('main after lane'), undefined, 'nobody can tell which call the lane died in')
    }
  }
}

test('in no order are the words of two calls mixed, wherever the lane dies', t => {
  const exploration = explore(model({ loadProgress, storeProgress }))
  t.diagnostic(describeExploration(exploration))
  assert.equal(exploration.violation, undefined)
})

const MUTANTS: readonly Mutant[] = [
  {
    what: 'says the call before its words',
    file: 'progress',
    changes: [
      { from: '  cells.store(base + CALL, call)\n', to: '' },
      {
        from: '  cells.store(base + nodeWord(call), node)\n',
        to: '  cells.store(base + CALL, call)\n  cells.store(base + nodeWord(call), node)\n'
      }
    ]
  },
  {
    what: 'does not look again',
    file: 'progress',
    changes: [{ from: 'cells.load(base + CALL) === call', to: 'call >= 0' }]
  },
  {
    what: 'has one slot',
    file: 'progress',
    changes: [
      { from: 'cells.store(base + nodeWord(call), node)', to: 'cells.store(base + nodeWord(0), node)' },
      { from: 'cells.load(base + nodeWord(call))', to: 'cells.load(base + nodeWord(0))' },
      { from: 'cells.store(base + sinceWord(call), since)', to: 'cells.store(base + sinceWord(0), since)' },
      { from: 'cells.load(base + sinceWord(call))', to: 'cells.load(base + sinceWord(0))' }
    ]
  }
]

for (const { what, file, changes } of MUTANTS) {
  test(`progress is noticed that ${what}`, async t => {
    const mutant = (await import(mutantUrl(t, `control/${file}.ts`, changes))) as Progress
    const { violation } = explore(model(mutant))
    assert.match(violation ?? '', /torn|nobody/)
    t.diagnostic(violation?.split('\n')[0] ?? '')
  })
}
