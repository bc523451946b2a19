// The most memory that a process has had at once, as the kernel counts it.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Cli } from './cli.ts'

/** Follows `VmHWM` until the process ends. In bytes; 0 where there is no /proc. */
export async function peakMemory(cli: Cli): Promise<number> {
  let peak = 0
  let hasEnded = false
  const ended = cli.ended.then(() => {
    hasEnded = true
  })
  while (!hasEnded) {
    peak = Math.max(peak, highWaterMark(cli.pid))
    await Promise.race([sleep(50), ended])
  }
  return peak
}

function highWaterMark(pid: number): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}
