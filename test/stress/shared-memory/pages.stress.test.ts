// A thread fills pages at full speed and this one reads them at full speed: no record is torn, doubled, out of order or
// unaccounted for. And rings that are broken are seen to break on this machine.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { createRegion } from '../../../src/shared-memory/index.ts'
import { pagesWords } from '../../../src/shared-memory/pages/layout.ts'
import type { PageLedger } from '../../../src/shared-memory/pages/reader.ts'
import { type Mutant, mutantRoom, ROOM } from './mutants.ts'
import { bodyWord, MAX_RECORDS, type PagesHammerStart } from './pages-hammer.ts'

const PAGES = process.env['LINESCOPE_LONG'] === '1' ? 20_000_000 : 600_000
/** A broken ring has so many pages to show that it is. */
const CONTROL_PAGES = 4_000_000
const RING_PAGES = 4

interface Reading {
  readonly polls: number
  readonly pages: number
  readonly records: number
  readonly ledger: PageLedger
}

/** Throws what the reader finds wrong. */
async function hammer(
  t: TestContext,
  room: string,
  pages: number,
  how: { readonly overwrites: boolean; readonly keepsFullPages: boolean }
): Promise<Reading> {
  const { PageReader } = (await import(
    `${room}pages/reader.ts`
  )) as typeof import('../../../src/shared-memory/pages/reader.ts')
  const { SharedCells } = (await import(`${room}cells.ts`)) as typeof import('../../../src/shared-memory/cells.ts')
  const shape = { processorCount: 1, sinkCount: 1, edgeCount: 1, trace: false, chunkSlots: 1, chunkSlotBytes: 65_536 }
  const region = createRegion(shape)
  const cells = new SharedCells(region.buffer)
  // Any words that nothing else uses: here those of a chunk slot.
  const ring = { base: cells.words.length - 16_384, pageCount: RING_PAGES }
  assert.ok(pagesWords(RING_PAGES) <= bodyWord(ring, 0) - ring.base)
  const reader = new PageReader(cells, { ...ring, keepsFullPages: how.keepsFullPages })
  const workerData: PagesHammerStart = { room, region, ring, overwrites: how.overwrites, pages }
  const worker = new Worker(new URL('./pages-hammer.ts', import.meta.url), { workerData })
  t.after(() => worker.terminate())
  let written: number | undefined
  const ended = once(worker, 'message').then(([count]) => {
    written = count as number
  })
  let polls = 0
  let seenPages = 0
  let records = 0
  let next = 0
  const poll = (): void => {
    polls++
    reader.poll(({ page, count, firstSequence, usedWords }) => {
      const from = bodyWord(ring, page)
      const body = cells.words.slice(from, from + 2 * MAX_RECORDS)
      assert.ok(firstSequence >= next, 'records are out of order or delivered twice')
      next = firstSequence + count
      assert.equal(usedWords, count * 2, 'a header is torn')
      for (let record = 0; record < count; record++) {
        const number = (firstSequence + record) | 0
        if (body[record * 2] !== number || body[record * 2 + 1] !== ~number) assert.fail('a record is torn')
      }
      seenPages++
      records += count
    })
  }
  while (written === undefined) {
    for (let round = 0; round < 1_000; round++) poll()
    await turn()
  }
  await ended
  poll()
  const ledger = reader.ledger()
  const { freed, held, overwritten, dropped } = ledger
  assert.equal(ledger.written, written)
  assert.equal(freed + held + overwritten + dropped, written, `the law is broken: ${JSON.stringify(ledger)}`)
  if (!how.keepsFullPages) assert.equal(records, freed)
  return { polls, pages: seenPages, records, ledger }
}

for (const [what, how] of [
  ['overwrites the oldest page', { overwrites: true, keepsFullPages: false }],
  ['overwrites the oldest page and keeps full ones', { overwrites: true, keepsFullPages: true }],
  // The writer has to wait for the reader here, since it counts only what it could hand over.
  ['sheds what is new', { overwrites: false, keepsFullPages: false }]
] as const) {
  test(`no record is torn, doubled, out of order or unaccounted for in a ring that ${what}`, async t => {
    const { ledger, ...reading } = await hammer(t, ROOM, how.overwrites ? PAGES : PAGES / 20, how)
    t.diagnostic(`${JSON.stringify(reading)} ${JSON.stringify(ledger)}`)
    assert.ok(reading.pages > 100)
  })
}

const MUTANTS: readonly Mutant[] = [
  {
    what: 'frees a page before it copies it',
    file: 'pages/reader.ts',
    changes: [{ from: '    copy({\n', to: '    cells.store(header + STATE, FREE)\n    copy({\n' }]
  },
  {
    what: 'takes pages for reading without a compare-and-swap',
    file: 'pages/reader.ts',
    changes: [
      {
        from: 'if (cells.compareExchange(header + STATE, FULL, READING) !== FULL) return',
        to: 'cells.store(header + STATE, READING)'
      }
    ]
  },
  {
    what: 'takes pages for writing without a compare-and-swap',
    file: 'pages/writer.ts',
    changes: [
      {
        from: 'return this.#cells.compareExchange(this.#base + headerWord(page) + STATE, from, to) === from',
        to: 'this.#cells.store(this.#base + headerWord(page) + STATE, to)\n    return from !== to'
      }
    ]
  },
  {
    what: 'hands a page over before it has a header',
    file: 'pages/writer.ts',
    changes: [
      {
        from: '    cells.store(header + STATE, FULL)\n    cells.store(this.#base + SEALED, this.#serial)\n',
        to: ''
      },
      {
        from: '    cells.store(header + PAGE_EPOCH',
        to:
          '    cells.store(header + STATE, FULL)\n    cells.store(this.#base + SEALED, this.#serial)\n' +
          '    cells.store(header + PAGE_EPOCH'
      }
    ]
  },
  {
    what: 'does not look whether the page was filled anew',
    file: 'pages/reader.ts',
    changes: [{ from: 'if (cells.load(header + SERIAL) !== serial)', to: 'if (serial === -99)' }]
  },
  {
    what: 'reads pages sealed after the poll began',
    file: 'pages/reader.ts',
    changes: [{ from: 'if (!isNew || ((sealed - serial) | 0) < 0) continue', to: 'if (!isNew) continue' }]
  }
]

for (const { what, file, changes } of MUTANTS) {
  test(`a ring is seen to fail that ${what}`, async t => {
    const how = { overwrites: true, keepsFullPages: false }
    await assert.rejects(hammer(t, mutantRoom(t, file, changes), CONTROL_PAGES, how), error => {
      t.diagnostic(String(error).split('\n')[0])
      return true
    })
  })
}
