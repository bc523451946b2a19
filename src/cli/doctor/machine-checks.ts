// Node, the system and its limits, as checks.

import { readFileSync } from 'node:fs'
import { arch, platform, release } from 'node:os'

import type { Check } from '../checks/check.ts'
import { formatBytes, formatCount } from '../numbers.ts'

const NEEDED_NODE = 24
/** Before it two connections in WAL mode could lose what was written. */
const SOUND_SQLITE = [3, 51, 3]
/** What the threads of a run, its dashboard and its checkpoints hold open. */
const OPEN_FILES_OF_A_RUN = 128
const FEW_WATCHES = 1024

export interface Versions {
  readonly node: string
  readonly sqlite: string | undefined
}

export interface Limits {
  /** Undefined: none. */
  readonly openFiles: number | undefined
  readonly fileBytes: number | undefined
}

export function checkVersions(
  { node, sqlite }: Versions = { node: process.versions.node, sqlite: process.versions['sqlite'] }
): Check[] {
  const isEnough = Number.parseInt(node, 10) >= NEEDED_NODE
  const nodeCheck: Check = {
    level: isEnough ? 'ok' : 'broken',
    name: 'Node',
    text: isEnough
      ? `${node}; ${NEEDED_NODE} or newer is needed.`
      : `${node} is too old: ${NEEDED_NODE} or newer is needed.`,
    advice: isEnough ? undefined : 'Get one from https://nodejs.org.',
    facts: { version: node }
  }
  return [nodeCheck, checkSystem(), checkSqlite(sqlite)]
}

function checkSystem(): Check {
  const text = `${platform()} ${release()} on ${arch()}`
  const facts = { platform: platform(), release: release(), arch: arch() }
  if (platform() === 'linux') return { level: 'ok', name: 'system', text: `${text}.`, facts }
  return { level: 'note', name: 'system', text: `${text}. What is promised has been tried on Linux only.`, facts }
}

function checkSqlite(version: string | undefined): Check {
  const facts = { version: version ?? null }
  if (version === undefined) {
    const text = 'This Node has none: a state folder cannot be locked.'
    return { level: 'broken', name: 'SQLite', text, advice: 'Get Node from https://nodejs.org.', facts }
  }
  const parts = version.split('.').map(Number)
  const difference = SOUND_SQLITE.map((sound, index) => (parts[index] ?? 0) - sound).find(each => each !== 0) ?? 0
  if (difference >= 0) return { level: 'ok', name: 'SQLite', text: `${version}.`, facts }
  const text = `${version} can lose what was written by two connections at once (mended in ${SOUND_SQLITE.join('.')}). No line depends on it.`
  return { level: 'note', name: 'SQLite', text, advice: 'A newer Node brings a newer one.', facts }
}

/** Soft limits of this process; a run has the same. */
export function readLimits(): Limits {
  const report = process.report.getReport() as { readonly userLimits?: Readonly<Record<string, { soft: unknown }>> }
  const limit = (name: string): number | undefined => {
    const soft = report.userLimits?.[name]?.soft
    return typeof soft === 'number' ? soft : undefined
  }
  return { openFiles: limit('open_files'), fileBytes: limit('file_size_blocks') }
}

/** `held` is how many files the plan holds open at once. */
export function checkLimits({ openFiles, fileBytes }: Limits, held: number): Check[] {
  const needed = OPEN_FILES_OF_A_RUN + held
  const openText = openFiles === undefined ? 'no limit' : `at most ${formatCount(openFiles)}`
  const isEnough = openFiles === undefined || openFiles >= needed
  const checks: Check[] = [
    {
      level: isEnough ? 'ok' : 'warning',
      name: 'open files',
      text: isEnough ? `${capital(openText)}.` : `${capital(openText)}; this run may want ${formatCount(needed)}.`,
      advice: isEnough
        ? undefined
        : `ulimit -n ${2 ** Math.ceil(Math.log2(needed))} before the start, or LimitNOFILE= in its unit.`,
      facts: { limit: openFiles ?? null }
    }
  ]
  checks.push(
    fileBytes === undefined
      ? { level: 'ok', name: 'file size', text: 'No limit.', facts: { limit_bytes: null } }
      : {
          level: 'warning',
          name: 'file size',
          text: `No file may have more than ${formatBytes(fileBytes)}: an output that comes to it stops the run.`,
          advice: 'ulimit -f unlimited before the start.',
          facts: { limit_bytes: fileBytes }
        }
  )
  return checks
}

export interface WatchLimits {
  readonly watches: number
  readonly instances: number
}

/** Undefined where there are no such limits. */
export function readWatchLimits(): WatchLimits | undefined {
  try {
    const read = (name: string): number => Number(readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8'))
    return { watches: read('max_user_watches'), instances: read('max_user_instances') }
  } catch {
    return undefined
  }
}

/** Only for a plan that waits for files to change. */
export function checkWatches(limits: WatchLimits | undefined): Check[] {
  if (limits === undefined) return []
  const { watches, instances } = limits
  const text = `${formatCount(watches)} watches in ${formatCount(instances)} instances for each user.`
  const facts = { max_user_watches: watches, max_user_instances: instances }
  if (watches >= FEW_WATCHES) return [{ level: 'ok', name: 'inotify', text, facts }]
  return [
    {
      level: 'warning',
      name: 'inotify',
      text: `${text} Where there is none left, changes are seen a little later: they are looked for from time to time, too.`,
      advice: 'sysctl fs.inotify.max_user_watches=65536',
      facts
    }
  ]
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
