// Runs a command as a whole process and reads what it cost from the operating system's own books.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'

import type { Contestant } from './contestants.ts'

export interface Cost {
  readonly userSeconds: number
  readonly systemSeconds: number
  readonly wallSeconds: number
}

export interface Places {
  /** The command of the package as npm would publish it, and a folder for the code that it keeps compiled. */
  readonly linescope: string
  readonly compiled: string
  readonly input: string
  readonly output: string
  readonly state: string
}

/** User and system time of the process and its children, as bash's `time` reports them. */
export function measure(contestant: Contestant, places: Places): Cost {
  const { linescope: LINESCOPE, input: INPUT, output: OUTPUT, state: STATE } = places
  const paths: Readonly<Record<string, string>> = { LINESCOPE, INPUT, OUTPUT, STATE }
  const command = contestant.command.map(part => paths[part] ?? part)
  const redirect = contestant.writesStdout ? ' > "$OUTPUT"' : ' > /dev/null'
  const script = `TIMEFORMAT='%3U %3S %3R'; time "$@"${redirect}`
  const run = spawnSync('bash', ['-c', script, 'bash', ...command], {
    encoding: 'utf8',
    env: { ...process.env, OUTPUT, NODE_COMPILE_CACHE: places.compiled }
  })
  const lines = run.stderr.trim().split('\n')
  const times = lines.at(-1)?.split(' ').map(Number) ?? []
  if (run.status !== 0 || times.length !== 3 || times.some(Number.isNaN)) {
    throw new Error(`${contestant.name} failed (exit ${run.status}):\n${run.stderr}`)
  }
  return { userSeconds: times[0], systemSeconds: times[1], wallSeconds: times[2] }
}

/** SHA-256 of a file, read piece by piece: it may be larger than a buffer can be. */
export function hashOf(path: string): string {
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(1024 * 1024)
  const descriptor = openSync(path, 'r')
  for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) {
    hash.update(buffer.subarray(0, read))
  }
  closeSync(descriptor)
  return hash.digest('hex')
}
