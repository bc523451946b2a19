// Entry of a lane's thread. Runs one lane and reports how it ended; main decides what that means.

import { parentPort, workerData } from 'node:worker_threads'

import { UserError } from '../base/user-error.ts'
import { builtins } from '../builtins.ts'
import type { Lane } from '../engine/index.ts'
import type { LaneReport, LaneRequest, LaneStart } from './messages.ts'
import { resolveOwnPackage } from './own-package.ts'
import { prepareLane } from './prepared-lane.ts'
import { SlotSource } from './slot-source.ts'

resolveOwnPackage()
const start = workerData as LaneStart
const port = parentPort!
const report = (message: LaneReport): void => port.postMessage(message)

let lane: Lane | undefined
let isStopping = false

// What nobody handles comes from a processor that let go of a promise or set a timer: its call has been settled
// already, or will be by its timeout. No line hangs on it, so the lane goes on and says so.
process.on('uncaughtException', error => {
  report({ type: 'log', message: `an error outside any call: ${describeReason(error)}` })
})
process.on('unhandledRejection', reason => {
  report({ type: 'log', message: `a promise was rejected and nobody handled it: ${describeReason(reason)}` })
})

const names: { name: string; file: string | undefined }[] = []
const slots = start.plan.source.readBy === 'main' ? new SlotSource(start.region, names) : undefined

try {
  const prepared = prepareLane({
    ...start,
    registry: builtins,
    source: slots,
    valueOutput: undefined,
    onInput: (number, name, file) => {
      if (slots === undefined) report({ type: 'input', number, name, file })
    },
    log: message => report({ type: 'log', message })
  })
  const go = new Promise<void>(resolve => {
    port.on('message', (request: LaneRequest) => {
      if (request.type === 'go') resolve()
      else if (request.type === 'input') names[request.number] = request
      else if (request.type === 'stop') stop()
      else lane?.abandon()
    })
  })
  report({ type: 'ready', totalBytes: prepared.totalBytes })
  await go
  lane = await prepared.open()
  if (slots !== undefined) lane.onPublished = (sourceNumber, offset) => slots.release(sourceNumber, offset)
  report({ type: 'opened' })
  if (isStopping) lane.stop()
  report({ type: 'end', end: await lane.run() })
} catch (thrown) {
  if (thrown instanceof UserError) report({ type: 'refused', message: String(thrown) })
  else report({ type: 'end', end: { reason: 'failed', message: describeReason(thrown) } })
}
port.close()

function stop(): void {
  isStopping = true
  lane?.stop()
}

function describeReason(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)
}
