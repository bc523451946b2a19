// A line that is longer than the limit: it visits no processor.

import type { Batch } from './batch.ts'
import { DEAD, type Telemetry } from './telemetry.ts'

export function refuseOversize(batch: Batch, limit: number, telemetry: Telemetry): void {
  const byteLength = batch.byteLength - batch.lineEndLength(0)
  const message = `the line has ${byteLength} bytes; max_line_bytes is ${limit}`
  batch.outcome[0] = DEAD
  batch.failed.add(0)
  const error = { name: 'LinescopeError', message, stack: undefined, code: 'line_too_long' }
  batch.dead.set(0, { kind: 'dead', node: -1, tag: '', valueBefore: '', error, attempts: [] })
  telemetry.reportError(-1, batch, 0, 1, true, error)
}
