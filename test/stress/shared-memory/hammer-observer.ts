// A thread that reads everything in a region all the time and ends with an error when it finds what may not be.

import { parentPort, workerData } from 'node:worker_threads'
import type { PageLedger, Region } from '../../../src/shared-memory/index.ts'
import { RegionChecker, type Room } from './region-checker.ts'

export interface ObserverStart {
  /** URL of the folder that the code under test is in. */
  readonly room: string
  readonly region: Region
}

/** Told when the lane has ended and main asks for it. */
export interface ObserverEnd {
  readonly found: {
    readonly rounds: number
    readonly snapshots: number
    readonly journeys: number
    readonly errors: number
  }
  readonly lines: number
  readonly ledgers: { readonly journeys: PageLedger; readonly errors: PageLedger }
}

const { room, region } = workerData as ObserverStart
const checker = new RegionChecker((await import(`${room}index.ts`)) as Room, region)
const port = parentPort!

let hasLaneEnded = false
port.once('message', () => {
  hasLaneEnded = true
})
checker.check()
port.postMessage('running')
while (!hasLaneEnded) {
  for (let round = 0; round < 8; round++) checker.check()
  await new Promise(resolve => {
    setImmediate(resolve)
  })
}
const { rounds, snapshots, journeys, errors, lines } = checker
const end: ObserverEnd = { ledgers: checker.checkAtRest(), found: { rounds, snapshots, journeys, errors }, lines }
port.postMessage(end)
