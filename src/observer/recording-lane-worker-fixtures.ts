// Thread of a recording lane: records what it was given, then lives, hangs or records on until it is ended.

import { parentPort, workerData } from 'node:worker_threads'
import { blockThread, type InFlightEntry, LANE, type LaneState, type Region } from '../shared-memory/index.ts'

import { type RecordedLine, RecordingLane } from './recording-lane-fixtures.ts'

export interface LaneScript {
  readonly region: Region
  readonly lines: readonly RecordedLine[]
  readonly state: LaneState
  /** The thread then stays inside a call of this node, unable to answer anybody. */
  readonly hangIn?: number
  readonly waiting?: readonly InFlightEntry[]
  /** Lines that enter and are never seen again. */
  readonly loses?: number
}

const HANG_MILLISECONDS = 60_000

const script = workerData as LaneScript
const lane = new RecordingLane(script.region)
lane.record(script.lines)
if (script.waiting !== undefined) lane.waitingLines(script.waiting)
lane.values[LANE.entered] += script.loses ?? 0
lane.publish(script.state)
if (script.hangIn !== undefined) lane.control.enter(script.hangIn, lane.now())
parentPort!.postMessage('recorded')
if (script.hangIn !== undefined) blockThread(HANG_MILLISECONDS)
// A lane goes on to live; it also keeps the memory of its structures.
parentPort!.on('message', () => parentPort!.close())
