// Models of a ring of two pages: its writer, its reader, what main does when one of them dies, and their successors.
// Bodies are plain cells, so that a page used by two threads at once shows as a race.

import assert from 'node:assert/strict'
import type { AtomicCells } from '../../../src/shared-memory/cells.ts'
import { COPIES } from '../../../src/shared-memory/latch/layout.ts'
import {
  COUNT,
  FIRST_SEQUENCE,
  FREE,
  FULL,
  headerWord,
  PAGE_EPOCH,
  pagesWords,
  READER_LATCH,
  SEALED,
  SERIAL,
  STATE,
  SUPERVISOR_LATCH,
  USED_WORDS,
  WRITER_LATCH
} from '../../../src/shared-memory/pages/layout.ts'
import { type PageLedger, PageReader } from '../../../src/shared-memory/pages/reader.ts'
import { recoverDeadReader, recoverDeadWriter } from '../../../src/shared-memory/pages/recovery.ts'
import { PageWriter } from '../../../src/shared-memory/pages/writer.ts'
import type { End, Model, ModelThread, PlainCells } from './explorer.ts'

export interface Ring {
  readonly PageReader: typeof PageReader
  readonly PageWriter: typeof PageWriter
  readonly recoverDeadReader: typeof recoverDeadReader
  readonly recoverDeadWriter: typeof recoverDeadWriter
}

export const REAL: Ring = { PageReader, PageWriter, recoverDeadReader, recoverDeadWriter }

/** Records that fit in a page, two words each: the record's number and its complement. */
const PAGE_RECORDS = 2

interface Size {
  readonly pageCount: number
  readonly overwrites: boolean
  readonly keepsFullPages: boolean
}

export const TWO_PAGES: Size = { pageCount: 2, overwrites: true, keepsFullPages: false }
const KEEPING: Size = { ...TWO_PAGES, keepsFullPages: true }

function bodyWord(size: Size, page: number, record: number): number {
  return pagesWords(size.pageCount) + page * 2 * PAGE_RECORDS + record * 2
}

/** Writes records one after the other, `batches` of them; a page is handed over when full and after each batch. */
export function writer(
  ring: Ring,
  size: Size,
  batches: readonly number[],
  options: Partial<ModelThread> & { readonly epoch?: number } = {}
): ModelThread {
  const { epoch = 1, ...rest } = options
  return {
    name: 'writer',
    ...rest,
    run(cells, plain) {
      const pages = new ring.PageWriter(cells, { base: 0, ...size, epoch })
      for (const batch of batches) writeBatch(pages, size, plain, batch)
      pages.publishDrops()
      return pages.written
    }
  }
}

function writeBatch(pages: PageWriter, size: Size, plain: PlainCells, records: number): void {
  let count = 0
  const seal = (isFull: boolean): void => {
    pages.seal({ count, isFull, usedBytes: 0, usedWords: count * 2 })
    count = 0
  }
  for (let index = 0; index < records; index++) {
    if (pages.page === -1 && !pages.acquire()) {
      pages.drop(1)
      continue
    }
    const number = pages.written + count
    const word = bodyWord(size, pages.page, count)
    plain.write(word, number)
    plain.write(word + 1, ~number)
    count++
    if (count === PAGE_RECORDS) seal(true)
  }
  if (count > 0) seal(false)
}

export interface Reading {
  /** Of all records that the polls gave, each checked against where its page says that it belongs. */
  readonly numbers: readonly number[]
  /** Serial of the last page that was sealed before the last poll began. */
  readonly sealed: number
}

export function reader(ring: Ring, size: Size, polls: number, options: Partial<ModelThread> = {}): ModelThread {
  return {
    name: 'reader',
    ...options,
    run(cells, plain): Reading {
      const pages = new ring.PageReader(cells, { base: 0, ...size })
      const seen: { epoch: number; number: number }[] = []
      let sealed = 0
      for (let poll = 0; poll < polls; poll++) {
        sealed = cells.load(SEALED)
        pages.poll(({ page, epoch, count, firstSequence, usedWords }) => {
          assert.equal(usedWords, count * 2, 'a header is torn')
          for (let record = 0; record < count; record++) {
            const word = bodyWord(size, page, record)
            const number = plain.read(word)
            assert.equal(plain.read(word + 1), ~number, 'a record is torn')
            assert.equal(number, firstSequence + record, 'a record is not where it belongs')
            seen.push({ epoch, number })
          }
        })
      }
      for (let index = 1; index < seen.length; index++) {
        const [before, after] = [seen[index - 1], seen[index]]
        const isOrdered = after.epoch > before.epoch || (after.epoch === before.epoch && after.number > before.number)
        assert.ok(isOrdered, 'records are out of order or delivered twice')
      }
      return { numbers: seen.map(({ number }) => number), sealed }
    }
  }
}

/** What main does after the exit of a thread, and what is then left. */
function recovery(ring: Ring, size: Size, dead: string, epoch = 1): ModelThread {
  return {
    name: `main after ${dead}`,
    after: [dead],
    run(cells) {
      const place = { base: 0, pageCount: size.pageCount }
      if (dead.includes('writer')) ring.recoverDeadWriter(cells, place, { epoch, voidFrom: 0 })
      else ring.recoverDeadReader(cells, place)
    }
  }
}

interface ModelOptions {
  /** Pages of one record that were sealed before the threads start. */
  readonly sealedBefore?: number
  readonly atEnd?: (end: End) => void
}

export function model(
  size: Size,
  threads: readonly ModelThread[],
  { sealedBefore = 0, atEnd }: ModelOptions = {}
): Model {
  return {
    initial: (cells, plain) => writer(REAL, size, new Array(sealedBefore).fill(1)).run(cells, plain),
    words: bodyWord(size, size.pageCount, 0),
    threads,
    isPrivate,
    isOwned: index => isOwned(index, size),
    atEnd: end => {
      const ledger = ledgerOf(end.cells, size)
      const { written, ...parts } = ledger
      const sum = Object.values(parts).reduce((total, part) => total + part, 0)
      assert.equal(sum, written, `the law is broken: ${JSON.stringify(ledger)}`)
      assertNoneMissed(end, size)
      atEnd?.(end)
    }
  }
}

/** In these models only its writer reads a latch while it lives. */
function isPrivate(thread: string, index: number): boolean {
  const isWriter = thread.includes('writer')
  const isReader = thread.includes('reader')
  if (index >= WRITER_LATCH && index < READER_LATCH) return isWriter
  if (index >= READER_LATCH && index < SUPERVISOR_LATCH) return isReader
  return index >= SUPERVISOR_LATCH && index < headerWord(0) && isWriter && thread.startsWith('main')
}

/** Header words that only the owner of a page touches. */
function isOwned(index: number, size: Size): boolean {
  for (let page = 0; page < size.pageCount; page++) {
    const word = index - headerWord(page)
    if (word === COUNT || word === PAGE_EPOCH || (word >= FIRST_SEQUENCE && word <= USED_WORDS)) return true
  }
  return false
}

/** Words whose change anybody can tell while or after it happens. All others are the writer's until one of these. */
function isTelling(index: number): boolean {
  if (index === SEALED || (index >= WRITER_LATCH && index < WRITER_LATCH + COPIES)) return true
  const word = (index - headerWord(0)) % (headerWord(1) - headerWord(0))
  return index >= headerWord(0) && (word === STATE || word === SERIAL)
}

function ledgerOf(cells: AtomicCells, size: Size): PageLedger {
  return new PageReader(cells, { base: 0, ...size }).ledger()
}

export function statesOf(cells: AtomicCells, size: Size): number[] {
  return Array.from({ length: size.pageCount }, (_, page) => cells.load(headerWord(page) + STATE))
}

/** What a reader that frees all pages was to find and did not take is never read again. */
function assertNoneMissed({ cells, results }: End, size: Size): void {
  const reading = results.get('reader') as Reading | undefined
  if (reading === undefined || size.keepsFullPages) return
  for (const [page, state] of statesOf(cells, size).entries()) {
    const isMissed = state === FULL && cells.load(headerWord(page) + SERIAL) <= reading.sealed
    assert.ok(!isMissed, 'a page was sealed and is not read')
  }
}

/** After the recoveries no page may be owned by the dead, and a free one must be empty. */
function assertHandedOn({ cells }: End, size: Size): void {
  for (const [page, state] of statesOf(cells, size).entries()) {
    assert.ok(state === FREE || state === FULL, `page ${page} is still owned`)
    if (state === FREE) assert.equal(cells.load(headerWord(page) + COUNT), 0, `page ${page} is free and not empty`)
  }
}

/** Smaller ones first. */
export function modelsOf(ring: Ring): Map<string, Model> {
  const shedding = { ...TWO_PAGES, overwrites: false }
  const beside = (size: Size): Model => model(size, [writer(ring, size, [3, 2]), reader(ring, size, 2)])
  const models = new Map([
    ['a writer that dies filling an empty ring', dyingWriter(ring, 0, 1)],
    ['a reader that dies with one page sealed', dyingReader(ring, 1, 2)],
    ['a writer that sheds', beside(shedding)],
    ['a reader beside a writer that laps it', beside(TWO_PAGES)],
    ['a writer that dies with one page sealed', dyingWriter(ring, 1, 1)],
    ['a reader that keeps full pages', beside(KEEPING)],
    ['a reader that dies while it is lapped', dyingReader(ring, 2, 1)],
    ['a writer that dies overwriting', dyingWriter(ring, 2, 0)],
    ['three writers of which each dies', dyingWriters(ring)]
  ])
  if (process.env['LINESCOPE_LONG'] !== '1') return models
  return models
    .set('a writer that dies overwriting, and its successor', dyingWriter(ring, 2, 1))
    .set('a reader that dies while a whole page is written', dyingReader(ring, 2, 2))
}

function dyingWriter(ring: Ring, sealedBefore: number, successorRecords: number): Model {
  const threads = [
    writer(ring, TWO_PAGES, [1], { mayDie: true }),
    recovery(ring, TWO_PAGES, 'writer'),
    writer(ring, TWO_PAGES, [successorRecords], { name: 'next writer', after: ['main after writer'], epoch: 2 }),
    reader(ring, TWO_PAGES, 1)
  ]
  return model(TWO_PAGES, threads, { sealedBefore, atEnd: end => assertHandedOn(end, TWO_PAGES) })
}

/** One after the other, and a reader in between: what a death leaves behind meets what later ones leave. */
function dyingWriters(ring: Ring): Model {
  const die = { mayDie: true, diesBefore: isTelling }
  const threads = [
    writer(ring, TWO_PAGES, [1], die),
    recovery(ring, TWO_PAGES, 'writer'),
    reader(ring, TWO_PAGES, 1, { after: ['main after writer'] }),
    writer(ring, TWO_PAGES, [1, 1], { ...die, name: 'second writer', after: ['reader'], epoch: 2 }),
    recovery(ring, TWO_PAGES, 'second writer', 2),
    writer(ring, TWO_PAGES, [1, 1], { ...die, name: 'third writer', after: ['main after second writer'], epoch: 3 }),
    recovery(ring, TWO_PAGES, 'third writer', 3)
  ]
  return model(TWO_PAGES, threads, { sealedBefore: 1, atEnd: end => assertHandedOn(end, TWO_PAGES) })
}

function dyingReader(ring: Ring, sealedBefore: number, records: number): Model {
  const threads = [
    writer(ring, KEEPING, [records]),
    reader(ring, KEEPING, 1, { mayDie: true }),
    recovery(ring, KEEPING, 'reader'),
    reader(ring, KEEPING, 1, { name: 'next reader', after: ['main after reader'] })
  ]
  return model(KEEPING, threads, { sealedBefore, atEnd: end => assertHandedOn(end, KEEPING) })
}
