// How the death of a lane's thread is told. A dead thread tells nothing: what it was at stands in shared memory.

import { quote } from '../base/quote.ts'
import { describeError } from '../engine/errors.ts'
import type { Plan } from '../engine/index.ts'
import type { Progress } from '../shared-memory/index.ts'

/** A thread that ended before it had said how its lane ended. */
export interface LaneDeath {
  readonly reason: 'died'
  readonly cause: 'memory' | 'exit' | 'error'
  readonly exitCode: number
  readonly message: string
}

export function deathOf(failure: unknown, exitCode: number): LaneDeath {
  if ((failure as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { reason: 'died', cause: 'memory', exitCode, message: 'out of memory' }
  }
  if (failure === undefined) return { reason: 'died', cause: 'exit', exitCode, message: `exit ${exitCode}` }
  const message = describeError(failure).message
  return { reason: 'died', cause: 'error', exitCode, message }
}

/** `where` as `whereIs` says it. */
export function describeDeath({ cause, exitCode, message }: LaneDeath, where: string): string {
  if (cause === 'memory') return `the lane ran out of memory${where}`
  if (cause === 'error') return `the lane failed${where}: ${message}`
  return `the lane's thread ended by itself (exit ${exitCode})${where}: a processor must not call process.exit`
}

/** ` inside "x", at line 7 of in.log`; empty when nothing is known. */
export function whereIs(
  plan: Plan,
  progress: Pick<Progress, 'node' | 'sourceNumber' | 'lineNumber' | 'item'> | undefined,
  nameOf: (sourceNumber: number) => string | undefined
): string {
  const processor = progress && plan.processors[progress.node]
  if (processor === undefined) return ''
  const line = lineOf(progress!, nameOf)
  const relation = progress!.item === -1 ? 'in the lines from' : 'at'
  return ` inside ${quote(processor.name)}${line === undefined ? '' : `, ${relation} ${line}${progress!.item === -1 ? ' on' : ''}`}`
}

/** `line 7 of in.log`. */
export function lineOf(
  { sourceNumber, lineNumber }: Pick<Progress, 'sourceNumber' | 'lineNumber'>,
  nameOf: (sourceNumber: number) => string | undefined
): string | undefined {
  if (sourceNumber < -1) return `letter ${lineNumber} of replay ${-2 - sourceNumber}`
  const name = nameOf(sourceNumber)
  return name === undefined ? undefined : `line ${lineNumber} of ${quote(name)}`
}
