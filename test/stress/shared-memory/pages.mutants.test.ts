// Negative controls of the ring's models: each broken ring must be noticed.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SEALED } from '../../../src/shared-memory/pages/layout.ts'
import { explore } from './explorer.ts'
import { type Change, mutantUrl } from './mutants.ts'
import { modelsOf, REAL, type Ring } from './pages.model.ts'

const MUTANTS: readonly {
  readonly what: string
  readonly file: string
  readonly model: string
  readonly changes: readonly Change[]
}[] = [
  {
    what: 'stores the count after FULL',
    file: 'writer',
    model: 'a writer that dies filling an empty ring',
    changes: [
      { from: '    cells.store(header + COUNT, use.count)\n', to: '' },
      {
        from: '    cells.store(header + STATE, FULL)\n',
        to: '    cells.store(header + STATE, FULL)\n    cells.store(header + COUNT, use.count)\n'
      }
    ]
  },
  {
    what: 'hands a page over before its counts say so',
    file: 'writer',
    model: 'a writer that dies filling an empty ring',
    changes: [
      { from: '    cells.store(header + STATE, FULL)\n', to: '' },
      {
        from: '    cells.store(header + PAGE_EPOCH',
        to: '    cells.store(header + STATE, FULL)\n    cells.store(header + PAGE_EPOCH'
      }
    ]
  },
  {
    what: 'takes pages for writing without a compare-and-swap',
    file: 'writer',
    model: 'a reader beside a writer that laps it',
    changes: [
      {
        from: 'return this.#cells.compareExchange(this.#base + headerWord(page) + STATE, from, to) === from',
        to: 'this.#cells.store(this.#base + headerWord(page) + STATE, to)\n    return from !== to'
      }
    ]
  },
  {
    what: 'says which pages are sealed before they are',
    file: 'writer',
    model: 'a writer that dies filling an empty ring',
    changes: [
      { from: '    cells.store(this.#base + SEALED, this.#serial)\n', to: '' },
      {
        from: '    cells.store(header + STATE, FULL)\n',
        to: '    cells.store(this.#base + SEALED, this.#serial)\n    cells.store(header + STATE, FULL)\n'
      }
    ]
  },
  {
    what: 'counts an overwritten page only when it is sealed again',
    file: 'writer',
    model: 'a writer that dies overwriting',
    changes: [
      {
        from: '    numbers[WRITER.lastOverwritten] = this.#cells.load(header + SERIAL)\n    this.#publishCounts()\n',
        to: '    numbers[WRITER.lastOverwritten] = this.#cells.load(header + SERIAL)\n'
      }
    ]
  },
  {
    what: 'numbers the pages of a successor from the start again',
    file: 'writer',
    model: 'a writer that dies filling an empty ring',
    changes: [{ from: 'this.#serial = cells.load(options.base + SEALED)', to: 'this.#serial = 0' }]
  },
  {
    what: 'takes pages for reading without a compare-and-swap',
    file: 'reader',
    model: 'a reader beside a writer that laps it',
    changes: [
      {
        from: 'if (cells.compareExchange(header + STATE, FULL, READING) !== FULL) return',
        to: 'cells.store(header + STATE, READING)'
      }
    ]
  },
  {
    what: 'frees a page before it copies it',
    file: 'reader',
    model: 'a writer that dies filling an empty ring',
    changes: [{ from: '    copy({\n', to: '    cells.store(header + STATE, FREE)\n    copy({\n' }]
  },
  {
    what: 'does not look whether the page was filled anew',
    file: 'reader',
    model: 'a reader beside a writer that laps it',
    changes: [{ from: 'if (cells.load(header + SERIAL) !== serial)', to: 'if (serial === 99)' }]
  },
  {
    what: 'reads pages sealed after the poll began',
    file: 'reader',
    model: 'a writer that sheds',
    changes: [{ from: 'if (!isNew || ((sealed - serial) | 0) < 0) continue', to: 'if (!isNew) continue' }]
  },
  {
    what: 'counts a page as freed after it is free',
    file: 'reader',
    model: 'a reader that dies with one page sealed',
    changes: [
      { from: '    this.#counts.publish()\n', to: '' },
      {
        from: '    this.#cells.store(header + STATE, FREE)\n',
        to: '    this.#cells.store(header + STATE, FREE)\n    this.#counts.publish()\n'
      }
    ]
  },
  {
    what: 'keeps a filling that a dead writer had not counted',
    file: 'recovery',
    model: 'a writer that dies filling an empty ring',
    changes: [{ from: 'if (serial === numbers[WRITER.lastSealed])', to: 'if (header > 0)' }]
  },
  {
    what: 'frees a filling that a dead writer had counted',
    file: 'recovery',
    model: 'a writer that dies filling an empty ring',
    changes: [{ from: 'if (serial === numbers[WRITER.lastSealed])', to: 'if (header < 0)' }]
  },
  {
    what: 'keeps a page that a dead writer was about to overwrite',
    file: 'recovery',
    model: 'a writer that dies filling an empty ring',
    changes: [{ from: 'if (((serial - sealed) | 0) > 0)', to: 'if (header > 0)' }]
  },
  {
    what: 'forgets that a dead writer had counted the page as overwritten',
    file: 'recovery',
    model: 'a writer that dies overwriting',
    changes: [{ from: ' && serial !== numbers[WRITER.lastOverwritten])', to: ')' }]
  },
  {
    what: 'does not count the page that a dead writer was about to overwrite',
    file: 'recovery',
    model: 'a writer that dies overwriting',
    changes: [{ from: 'if (count > 0 && serial !==', to: 'if (count > 99 && serial !==' }]
  },
  {
    what: 'takes a free page of a dead writer for one that was overwritten',
    file: 'recovery',
    model: 'three writers of which each dies',
    changes: [{ from: 'if (count > 0 && serial !==', to: 'if (serial !==' }]
  },
  {
    what: 'does not recover the page of a dead writer',
    file: 'recovery',
    model: 'a writer that dies filling an empty ring',
    changes: [{ from: 'headersIn(cells, ring, WRITING)', to: 'headersIn(cells, ring, 99)' }]
  },
  {
    what: 'does not complete the last seal of a dead writer',
    file: 'recovery',
    model: 'a writer that dies with one page sealed',
    changes: [{ from: '  cells.store(ring.base + SEALED, numbers[WRITER.lastSealed])\n', to: '' }]
  },
  {
    what: 'always gives the page of a dead reader back',
    file: 'recovery',
    model: 'a reader that dies with one page sealed',
    changes: [{ from: 'if (cells.load(header + SERIAL) === counts.numbers[READER.lastFreed])', to: 'if (header < 0)' }]
  },
  {
    what: 'always frees the page of a dead reader',
    file: 'recovery',
    model: 'a reader that dies with one page sealed',
    changes: [{ from: 'if (cells.load(header + SERIAL) === counts.numbers[READER.lastFreed])', to: 'if (header >= 0)' }]
  }
]

for (const { what, file, model, changes } of MUTANTS) {
  test(`a ring is noticed that ${what}`, async t => {
    const mutant: Ring = { ...REAL, ...(await load(t, file, changes)) }
    const { violation } = explore(modelsOf(mutant).get(model) ?? assert.fail(`there is no model "${model}"`))
    assert.ok(violation !== undefined)
    t.diagnostic(violation.split('\n')[0])
  })
}

test('a ring is noticed that stores plainly which pages are sealed', () => {
  const each = modelsOf(REAL).get('a writer that sheds') ?? assert.fail()
  const { violation } = explore({ ...each, isOwned: index => index === SEALED || each.isOwned?.(index) === true })
  assert.match(violation ?? '', /A race/)
})

function load(t: TestContext, file: string, changes: readonly Change[]): Promise<Partial<Ring>> {
  return import(mutantUrl(t, `pages/${file}.ts`, changes))
}
