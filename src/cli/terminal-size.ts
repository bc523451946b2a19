// How large the terminal behind stdout is, without touching `process.stdout` (see `output.ts`).

import { closeSync, openSync } from 'node:fs'
import { WriteStream } from 'node:tty'

import { isTerminal } from './output.ts'

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

const USUAL: TerminalSize = { columns: 80, rows: 24 }

/** Undefined where stdout is no terminal. One that does not tell its size has the usual 80 by 24. */
export function terminalSize(): TerminalSize | undefined {
  if (!isTerminal('stdout')) return undefined
  let descriptor: number | undefined
  try {
    descriptor = openSync('/dev/fd/1', 'w')
    const stream = new WriteStream(descriptor)
    const { columns, rows } = stream
    // It closes the descriptor.
    descriptor = undefined
    stream.destroy()
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL
  } catch {
    return USUAL
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** For text: no limit where nobody looks at it. */
export function terminalWidth(): number {
  return terminalSize()?.columns ?? Number.POSITIVE_INFINITY
}
