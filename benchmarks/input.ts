// The benchmark's input: real logs, repeated.

import { closeSync, existsSync, openSync, readdirSync, readFileSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LOGS = fileURLToPath(new URL('../../shared/data/loghub/', import.meta.url))

export interface Input {
  readonly path: string
  readonly lines: number
  readonly bytes: number
}

/** Five real logs (loghub), repeated until there are at least `minLines`. */
export function writeInput(folder: string, minLines: number): Input {
  if (!existsSync(LOGS)) throw new Error(`The benchmark reads real logs from ${LOGS}, which is not there.`)
  const block = Buffer.concat(
    readdirSync(LOGS)
      .filter(name => name.endsWith('.log'))
      .sort()
      .map(name => withFinalNewline(readFileSync(join(LOGS, name))))
  )
  const blockLines = countLines(block)
  const repeats = Math.ceil(minLines / blockLines)
  const path = join(folder, 'input.log')
  const descriptor = openSync(path, 'w')
  for (let repeat = 0; repeat < repeats; repeat++) writeSync(descriptor, block)
  closeSync(descriptor)
  return { path, lines: repeats * blockLines, bytes: repeats * block.length }
}

/** Throws when the folder has no room for input and outputs. */
export function requireRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < bytes) {
    throw new Error(
      `${folder} has ${Math.floor((bavail * bsize) / 1e6)} MB free; ${Math.ceil(bytes / 1e6)} MB are needed.`
    )
  }
}

function withFinalNewline(bytes: Buffer): Buffer {
  return bytes[bytes.length - 1] === 0x0a ? bytes : Buffer.concat([bytes, Buffer.from('\n')])
}

function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) lines++
  return lines
}
