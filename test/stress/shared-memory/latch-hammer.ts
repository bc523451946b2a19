// A thread that publishes one snapshot after the other, as fast as it can. All numbers of a snapshot are the same.

import { workerData } from 'node:worker_threads'
import type { Region } from '../../../src/shared-memory/index.ts'

export interface LatchHammerStart {
  /** URL of the folder that the code under test is in. */
  readonly room: string
  readonly region: Region
  /** A millisecond's worth of publishes, then a pause of one, for a writer that does not publish all the time. */
  readonly pauses: boolean
}

const { room, region, pauses } = workerData as LatchHammerStart
const { blockThread, SnapshotWriter } = (await import(
  `${room}index.ts`
)) as typeof import('../../../src/shared-memory/index.ts')

const writer = new SnapshotWriter(region)
for (let publish = 1; ; publish++) {
  // Both words of the double change from publish to publish.
  writer.values.fill(publish * (2 ** 32 + 1))
  writer.publish(publish)
  if (pauses && publish % 128 === 0) blockThread(1)
}
