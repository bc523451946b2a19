// Do state folders hold times that are still to come? Then the clock was wrong when they were written, or is now.

import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Check } from './check.ts'

/** Of clocks that are set by little steps all the time. */
const TOLERANCE_MILLISECONDS = 60_000
/** No clock that is right says an earlier time. */
const EARLIEST_MILLISECONDS = Date.UTC(2026, 0, 1)

export interface KnownTime {
  /** `the checkpoint`. */
  readonly of: string
  readonly atMilliseconds: number
}

/** `known` are times that stand in files; those of the files themselves are looked at, too. */
export function checkTimes(stateFolders: readonly string[], known: readonly KnownTime[], now: number): Check {
  const times = [...known, ...stateFolders.flatMap(fileTimes)]
  const newest = times.reduce<KnownTime | undefined>(
    (last, time) => (last === undefined || time.atMilliseconds > last.atMilliseconds ? time : last),
    undefined
  )
  const shown = new Date(now).toISOString()
  if (newest !== undefined && newest.atMilliseconds > now + TOLERANCE_MILLISECONDS) {
    const at = new Date(newest.atMilliseconds).toISOString()
    return {
      level: 'warning',
      name: 'clock',
      text: `It is ${shown}, but ${newest.of} is of ${at}: the clock was set back, or was wrong then.`,
      advice: 'Set the clock right. No line depends on it; the times that are shown do.',
      facts: { now: shown, newest: at, newest_of: newest.of }
    }
  }
  if (now < EARLIEST_MILLISECONDS) {
    return {
      level: 'warning',
      name: 'clock',
      text: `It says ${shown}, which is long past.`,
      advice: 'Set the clock right. No line depends on it; the times that are shown do.',
      facts: { now: shown }
    }
  }
  return { level: 'ok', name: 'clock', text: `${shown}; nothing here is of a later time.`, facts: { now: shown } }
}

function fileTimes(folder: string): KnownTime[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => ({
      of: name,
      atMilliseconds: lstatSync(join(folder, name)).mtimeMs
    }))
  } catch {
    // Somebody else tells that the folder cannot be read.
    return []
  }
}
