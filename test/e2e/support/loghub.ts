// Real logs, which lie beside the checkout: https://github.com/logpai/loghub, 2,000 lines of each system.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { ROOT } from './cli.ts'

const FOLDER = join(ROOT, '..', 'shared', 'data', 'loghub')
const NAMES = ['Apache.log', 'HDFS.log', 'Linux.log', 'OpenSSH.log', 'Zookeeper.log']

/** The five files; a test that needs them fails where they are not. */
export function loghubFiles(): string[] {
  const files = NAMES.map(name => join(FOLDER, name))
  const missing = files.filter(file => !existsSync(file))
  const hint = 'Put the 2k logs of https://github.com/logpai/loghub there.'
  assert.equal(missing.length, 0, `this test reads real logs, and these are missing: ${missing.join(', ')}. ${hint}`)
  return files
}

export interface RawLine {
  /** Without its line end. */
  readonly bytes: Buffer
  /** `\r\n`, `\n`, or nothing for an unfinished last line. */
  readonly end: string
}

/** Splits at each newline byte. Written anew here, so that it shares no mistake with what it checks. */
export function rawLines(content: Buffer): RawLine[] {
  const lines: RawLine[] = []
  for (let from = 0; from < content.length; ) {
    const newline = content.indexOf(10, from)
    if (newline === -1) {
      lines.push({ bytes: content.subarray(from), end: '' })
      break
    }
    const hasReturn = newline > from && content[newline - 1] === 13
    const to = hasReturn ? newline - 1 : newline
    lines.push({ bytes: content.subarray(from, to), end: hasReturn ? '\r\n' : '\n' })
    from = newline + 1
  }
  return lines
}

/** The lines of all files, where a line that ends its file without a line end gets that of the line before it. */
export function linesOfAll(files: readonly string[]): RawLine[] {
  const all: RawLine[] = []
  for (const [index, file] of files.entries()) {
    const lines = rawLines(readFileSync(file))
    const last = lines.at(-1)!
    if (last.end === '' && index < files.length - 1)
      lines[lines.length - 1] = { ...last, end: lines.at(-2)?.end ?? '\n' }
    all.push(...lines)
  }
  return all
}
