// A thread that fills one page after the other as fast as it can, with next to nothing in it.

import { parentPort, workerData } from 'node:worker_threads'
import type { PageRing } from '../../../src/shared-memory/pages/recovery.ts'
import type { Region } from '../../../src/shared-memory/region.ts'

export interface PagesHammerStart {
  /** URL of the folder that the code under test is in. */
  readonly room: string
  readonly region: Region
  readonly ring: PageRing
  readonly overwrites: boolean
  /** So many are handed over. */
  readonly pages: number
}

/** First word of a page's body. */
export function bodyWord(ring: PageRing, page: number): number {
  return ring.base + 2_048 + page * 2 * MAX_RECORDS
}

export const MAX_RECORDS = 64

if (workerData !== null) {
  const { room, region, ring, overwrites, pages } = workerData as PagesHammerStart
  const { SharedCells } = (await import(`${room}cells.ts`)) as typeof import('../../../src/shared-memory/cells.ts')
  const { PageWriter } = (await import(
    `${room}pages/writer.ts`
  )) as typeof import('../../../src/shared-memory/pages/writer.ts')
  const cells = new SharedCells(region.buffer)
  const writer = new PageWriter(cells, { ...ring, epoch: 1, overwrites })
  for (let page = 0; page < pages; ) {
    const count = 1 + ((page * 7) % MAX_RECORDS)
    if (!writer.acquire()) {
      writer.drop(count)
      continue
    }
    let word = bodyWord(ring, writer.page)
    for (let record = 0; record < count; record++) {
      const number = (writer.written + record) | 0
      cells.words[word++] = number
      cells.words[word++] = ~number
    }
    page++
    writer.seal({ count, isFull: page % 3 === 0, usedBytes: 0, usedWords: count * 2 })
  }
  writer.publishDrops()
  parentPort!.postMessage(writer.written)
}
