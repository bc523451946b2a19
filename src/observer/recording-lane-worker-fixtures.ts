// Thread of a recording lane: records what it was given, then hangs inside a call until it is ended.

import { parentPort, workerData } from 'node:worker_threads'

import { blockThread } from '../shared-memory/index.ts'
import { type LaneScript, recordScript } from './recording-lane-fixtures.ts'

const HANG_MILLISECONDS = 60_000

const script = workerData as LaneScript & { readonly hangIn: number }
const lane = recordScript(script)
lane.control.enter(script.hangIn, lane.now())
parentPort!.postMessage('recorded')
blockThread(HANG_MILLISECONDS)
