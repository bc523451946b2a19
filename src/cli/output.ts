// Everything that the commands print. Nothing here or elsewhere touches `process.stdout`: once any thread has, a write
// to a pipe may be refused (EAGAIN) or come late. Text from files is escaped, so that it can move no cursor.

import { nodeFileSystem } from '../base/file-system.ts'
import { writeFully } from '../base/write-fully.ts'
import { blockThread } from '../threads/block-thread.ts'

const STDOUT = 1
const STDERR = 2

/** False when whoever read stdout has gone. */
export function print(text: string): boolean {
  return write(STDOUT, `${text}\n`)
}

/** Without a newline behind it: for who draws. False when whoever read stdout has gone. */
export function writeOut(text: string): boolean {
  return write(STDOUT, text)
}

/** Progress, warnings, errors: everything that is not the answer. */
export function printError(text: string): void {
  write(STDERR, `${text}\n`)
}

export function writeError(text: string): void {
  write(STDERR, text)
}

export function isTerminal(stream: 'stdout' | 'stderr'): boolean {
  return nodeFileSystem.isTerminal(stream === 'stdout' ? STDOUT : STDERR)
}

function write(descriptor: number, text: string): boolean {
  return writeFully(nodeFileSystem, descriptor, Buffer.from(text), blockThread).error === undefined
}

// Control characters but newline and tab, line separators, and what reorders or hides text.
const UNSAFE = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** Text from data, fit for a terminal: what could move the cursor or reorder the text is shown by its code. */
export function safe(text: string): string {
  return text.replace(UNSAFE, character => {
    const code = character.codePointAt(0)!
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}
