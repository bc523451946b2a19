// Entry of a lane's thread. Runs one lane and reports how it ended; main decides what that means.

import { parentPort, workerData } from 'node:worker_threads'

import { UserError } from '../base/user-error.ts'
import { builtins } from '../builtins.ts'
import { LANE } from '../shared-memory/index.ts'
import type { LaneReport, LaneRequest, LaneStart } from './messages.ts'
import { resolveOwnPackage } from './own-package.ts'
import { type OpenedLane, prepareLane } from './prepared-lane.ts'
import { SlotSource } from './slot-source.ts'
import { StrayErrors } from './stray-errors.ts'

resolveOwnPackage()
const start = workerData as LaneStart
const port = parentPort!
const report = (message: LaneReport): void => port.postMessage(message)

let opened: OpenedLane | undefined
let isStopping = false
let isStateful = false

const strayErrors = new StrayErrors(message => report({ type: 'log', message }))
strayErrors.listen()

const names: { name: string; file: string | undefined }[] = []
const slots =
  start.plan.source.readBy === 'main' && start.replaysOnly !== true
    ? new SlotSource(start.region, names, start.place)
    : undefined

try {
  const prepared = prepareLane({
    ...start,
    registry: builtins,
    source: slots,
    valueOutput: undefined,
    events: {
      began: input => report({ type: 'input', input }),
      ended: end => report({ type: 'input-end', end }),
      released: sourceNumber => report({ type: 'released', sourceNumber }),
      waiting: (who, reason) => report({ type: 'waiting', who, reason }),
      states: stated => {
        isStateful = true
        release(stated.values[LANE.source_number], stated.values[LANE.source_offset])
        report({ type: 'states', stated })
      },
      replay: said => report({ type: 'replay', report: said })
    },
    log: message => report({ type: 'log', message })
  })
  const go = Promise.withResolvers<void>()
  const begin = Promise.withResolvers<void>()
  port.on('message', (request: LaneRequest) => {
    if (request.type === 'go') go.resolve()
    else if (request.type === 'begin') begin.resolve()
    else if (request.type === 'input') names[request.number] = request
    else if (request.type === 'stop') stop()
    else if (request.type === 'committed') opened?.committed(request)
    else if (request.type === 'reopen') opened?.lane.reopen(request.sinks)
    else if (request.type === 'abandon') opened?.lane.abandon()
    else if (request.type === 'tap') tap(request)
    else opened?.replay(request)
  })
  report({ type: 'ready', totalBytes: prepared.totalBytes })
  await go.promise
  opened = await prepared.open()
  const { lane, letters } = opened
  // A successor goes on from the newest snapshot that has the states of processors, where there are any.
  lane.onPublished = (sourceNumber, offset) => {
    if (!isStateful) release(sourceNumber, offset)
  }
  report({ type: 'opened', letters })
  await begin.promise
  if (isStopping) lane.stop()
  const end = await lane.run()
  // What was let go in the last calls is known only after this turn.
  await new Promise(resolve => setImmediate(resolve))
  strayErrors.close()
  report({ type: 'end', end })
} catch (thrown) {
  if (thrown instanceof UserError) report({ type: 'refused', message: String(thrown) })
  else report({ type: 'end', end: { reason: 'failed', message: describeReason(thrown) } })
}
port.close()

function release(sourceNumber: number, offset: number): void {
  slots?.release(sourceNumber, offset)
}

/** Before its outputs are open there is nothing to see: it is asked for again. */
function tap({ order, port: to }: Extract<LaneRequest, { type: 'tap' }>): void {
  if (opened === undefined) to.close()
  else opened.tap(order, to)
}

function stop(): void {
  isStopping = true
  opened?.lane.stop()
}

function describeReason(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)
}
