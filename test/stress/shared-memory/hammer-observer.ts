// A thread that reads everything in a region all the time and ends with an error when it finds what may not be.

import { parentPort, workerData } from 'node:worker_threads'
import type { PageLedger, Region } from '../../../src/shared-memory/index.ts'
import { type PageHeader, PageReader } from '../../../src/shared-memory/pages/reader.ts'
import { openRegion } from '../../../src/shared-memory/region.ts'
import { RegionChecker, type Room } from './region-checker.ts'

export interface ObserverStart {
  /** URL of the folder that the code under test is in. */
  readonly room: string
  readonly region: Region
  /** Takes pages, keeps each for a while and looks at nothing, until it is terminated. */
  readonly onlyPolls: boolean
}

/** Told when the lane has ended and main asks for it. */
export interface ObserverEnd {
  readonly found: {
    readonly rounds: number
    readonly snapshots: number
    readonly journeys: number
    readonly errors: number
    readonly kept: number
  }
  readonly lines: number
  readonly ledgers: { readonly journeys: PageLedger; readonly errors: PageLedger; readonly kept: PageLedger }
}

const { room, region, onlyPolls } = workerData as ObserverStart
const code = (await import(`${room}index.ts`)) as Room
const checker = new RegionChecker(code, region)
const port = parentPort!

let hasLaneEnded = false
port.once('message', () => {
  hasLaneEnded = true
})
checker.check()
port.postMessage('running')
if (onlyPolls) pollForEver()
while (!hasLaneEnded) {
  for (let round = 0; round < 8; round++) checker.check()
  await new Promise(resolve => {
    setImmediate(resolve)
  })
}
const { rounds, snapshots, journeys, errors, kept, lines } = checker
const end: ObserverEnd = { ledgers: checker.checkAtRest(), found: { rounds, snapshots, journeys, errors, kept }, lines }
port.postMessage(end)

function pollForEver(): never {
  const { cells, layout } = openRegion(region)
  const { journeyPages, errorPages, keptPages } = region.limits
  const readers = [
    new PageReader(cells, { base: layout.journeys, pageCount: journeyPages, keepsFullPages: true }),
    new PageReader(cells, { base: layout.errors, pageCount: errorPages, keepsFullPages: false }),
    new PageReader(cells, { base: layout.kept, pageCount: keptPages, keepsFullPages: false })
  ]
  for (;;) for (const reader of readers) reader.poll(keepForAWhile)
}

/** A terminated thread ends at a turn of a loop. */
function keepForAWhile({ count }: PageHeader): void {
  let sum = 0
  for (let turn = 0; turn < 2_000 * count; turn++) sum = (sum + turn) | 0
}
