// How the death of a lane's thread is told. A dead thread tells nothing: what it was at stands in shared memory.

import { quote } from '../base/quote.ts'
import { nodeNames } from '../engine/index.ts'
import { ControlReader, IN_ENGINE } from '../shared-memory/index.ts'
import type { LaneStart } from './messages.ts'

const LOST = 'Lines that were under way are not settled.'

/** `exitCode`: of a thread that somebody's code has ended. */
export function describeExit(start: LaneStart, exitCode: number): string {
  return `the lane's thread ended by itself (exit ${exitCode})${whereIn(start)}: a processor must not call process.exit. ${LOST}`
}

export function describeFailure(start: LaneStart, failure: unknown): string {
  if ((failure as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return `the lane ran out of memory${whereIn(start)}. ${LOST}`
  }
  return failure instanceof Error ? failure.message : String(failure)
}

function whereIn({ plan, region }: LaneStart): string {
  const { node, call } = new ControlReader(region).progress()
  const name = call === 0 || node === IN_ENGINE ? undefined : nodeNames(plan)[node]
  return name === undefined ? '' : ` inside ${quote(name)}`
}
