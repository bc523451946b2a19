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

/** Of call n all words tell n. */
function model({ loadProgress, storeProgress }: Progress, calls = 3, looks = 1): Model {
  const look = (cells: AtomicCells): number | undefined => {
    const found = loadProgress(cells, 0)
    if (found === undefined) return undefined
    const { call, node, since, sourceNumber, offset, lineNumber, byteLength, item } = found
    const told = [node, since, sourceNumber, offset, lineNumber, byteLength, item]
    assert.deepEqual(told, Array(told.length).fill(call), 'the words are torn')
    return call
  }
  return {
    words: CONTROL_WORDS,
    threads: [
      {
        name: 'lane',
        mayDie: true,
        run(cells) {
          for (let n = 1; n <= calls; n++) storeProgress(cells, 0, n, n, n, n, n, n, n, n)
        }
      },
      {
        name: 'watchdog',
        run(cells) {
          let last = 0
          for (let n = 1; n <= looks; n++) {
            const call = look(cells) ?? last
            assert.ok(last <= call, 'a call is over and comes back')
            last = call
          }
        }
      },
      { name: 'main after lane', after: ['lane'], run: look }
    ],
    atEnd: ({ results }) => {
      assert.notEqual(results.get('main after lane'), undefined, 'nobody can tell which call the lane died in')
    }
  }
}

// As many words as a slot has cannot be explored with many calls and many looks at once.
for (const [calls, looks] of [
  [3, 1],
  [1, 2]
]) {
  test(`in no order are the words of ${calls} calls mixed in ${looks} looks, wherever the lane dies`, t => {
    const exploration = explore(model({ loadProgress, storeProgress }, calls, looks))
    t.diagnostic(describeExploration(exploration))
    assert.equal(exploration.violation, undefined)
  })
}

const MUTANTS: readonly Mutant[] = [
  {
    what: 'says the call before its words',
    file: 'progress',
    changes: [
      { from: '  cells.store(base + CALL, call)\n', to: '' },
      {
        from: '  cells.store(slot + NODE_WORD, node)\n',
        to: '  cells.store(base + CALL, call)\n  cells.store(slot + NODE_WORD, node)\n'
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
      { from: 'const slot = base + slotOf(call)\n  cells.store(', to: 'const slot = base + slotOf(0)\n  cells.store(' },
      { from: 'const slot = base + slotOf(call)\n  const', to: 'const slot = base + slotOf(0)\n  const' }
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
