// File systems, their speed and their room, as checks.

import { accessSync, constants, existsSync, type StatsFs, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import { systemErrorReason } from '../../base/system-error.ts'
import { UNCOMMITTED_BYTES } from '../../state/checkpoint/sink-file.ts'
import type { Check } from '../checks/check.ts'
import { shownPath } from '../checks/state-folders.ts'
import { formatBytes, formatCount, formatNumberOf, formatSeconds } from '../numbers.ts'
import { kindOf, type Meaning, meaningForReading, meaningForWriting } from './file-system-kinds.ts'
import { existingPath, type Mount, mountOf } from './mounts.ts'
import { type Probe, probeFolder } from './probe.ts'

/** A file that a plan reads or writes. */
export interface PlannedFile {
  /** `input app.log`, `output end`. */
  readonly name: string
  readonly path: string
}

const FEW_INODES = 1000
/** A disk that waits for its medium takes longer. */
const SUSPICIOUS_SECONDS = 100e-6
const SLOW_SECONDS = 20e-3

export function checkStateDisk(folder: string, mounts: readonly Mount[]): Check[] {
  const mount = mountOf(mounts, folder)
  const name = 'state folder'
  const place = shownPath(folder)
  let probe: Probe
  try {
    probe = probeFolder(folder)
  } catch (cause) {
    const text = `Nothing can be written in ${place}: ${systemErrorReason(cause)}.`
    return [{ level: 'broken', name, text, advice: 'Name another place with --state FOLDER.', facts: { folder } }]
  }
  return [
    { name, ...onMount(place, mount, meaningForWriting), facts: { folder, ...mountFacts(mount) } },
    describeSyncs(probe, mount !== undefined && kindOf(mount) === 'memory'),
    ...describeNames(probe)
  ]
}

export function describeSyncs({ syncSeconds, commitSeconds }: Probe, isInMemory: boolean): Check {
  const median = syncSeconds[syncSeconds.length >> 1] ?? 0
  const worst = syncSeconds.at(-1) ?? 0
  const measured = `A sync takes ${formatSeconds(median)} (worst of ${syncSeconds.length}: ${formatSeconds(worst)}), a commit ${formatSeconds(commitSeconds)}.`
  const facts = { sync_seconds: median, worst_sync_seconds: worst, commit_seconds: commitSeconds }
  if (isInMemory) return { level: 'ok', name: 'syncs', text: `${measured} There is no disk to wait for.`, facts }
  if (median < SUSPICIOUS_SECONDS) {
    return {
      level: 'note',
      name: 'syncs',
      text: `${measured} This disk, or the layer below it, may not wait for the medium.`,
      advice:
        'Find out whether its cache outlasts a power failure. Until then count on what outlives the process only.',
      facts
    }
  }
  if (median > SLOW_SECONDS) {
    const text = `${measured} A slow disk: commits come less often, and more is done again after a crash.`
    return { level: 'note', name: 'syncs', text, facts }
  }
  return { level: 'ok', name: 'syncs', text: measured, facts }
}

export function describeNames({ linkFailure, folderSyncFailure }: Probe): Check[] {
  const facts = { hard_links: linkFailure === undefined, folder_sync: folderSyncFailure === undefined }
  if (folderSyncFailure !== undefined) {
    const text = `Folders cannot be synced here (${folderSyncFailure}): after a power failure an older checkpoint may stand there.`
    return [{ level: 'warning', name: 'names', text, advice: 'Name another place with --state FOLDER.', facts }]
  }
  if (linkFailure !== undefined) {
    const text = `Files cannot have two names here (${linkFailure}): should the checkpoint be damaged, there is none before it.`
    return [{ level: 'note', name: 'names', text, facts }]
  }
  return [{ level: 'ok', name: 'names', text: 'Hard links and syncs of folders work.', facts }]
}

export function checkInputDisk({ name, path }: PlannedFile, mayComeLater: boolean, mounts: readonly Mount[]): Check {
  const facts = { file: path }
  try {
    accessSync(path, constants.R_OK)
    const status = statSync(path)
    if (!status.isFile() && !status.isDirectory()) {
      const text = `${shownPath(path)} is no regular file: what was read of it cannot be read again.`
      return { level: 'note', name, text, facts }
    }
  } catch (cause) {
    const text = `${shownPath(path)} cannot be read: ${systemErrorReason(cause)}.`
    if (mayComeLater && !existsSync(path)) return { level: 'note', name, text, advice: 'It may come later.', facts }
    return { level: 'broken', name, text, advice: 'Put it there, or make it readable.', facts }
  }
  const mount = mountOf(mounts, path)
  return { name, ...onMount(shownPath(path), mount, meaningForReading), facts: { ...facts, ...mountFacts(mount) } }
}

export function checkOutputDisk({ name, path }: PlannedFile, mounts: readonly Mount[]): Check {
  const facts = { file: path }
  const isThere = existsSync(path)
  const target = isThere ? path : dirname(path)
  try {
    accessSync(target, isThere ? constants.W_OK : constants.W_OK | constants.X_OK)
  } catch (cause) {
    const text = `${shownPath(path)} cannot be written: ${systemErrorReason(cause)}.`
    const advice = existsSync(target) ? 'Change its permissions, or write elsewhere.' : 'Make the folder.'
    return { level: 'broken', name, text, advice, facts }
  }
  if (isThere && !statSync(path).isFile()) {
    return { level: 'note', name, text: `${shownPath(path)} is no regular file, so it cannot be cut back.`, facts }
  }
  const mount = mountOf(mounts, path)
  return { name, ...onMount(shownPath(path), mount, meaningForWriting), facts: { ...facts, ...mountFacts(mount) } }
}

/** Of each file system once. `letterBytes` are what the dead letters may still take beside the state. */
export function checkSpace(state: string, letterBytes: number, written: readonly string[]): Check[] {
  const seen = new Set<number>()
  return [state, ...written].flatMap((path, index) => {
    const there = existingPath(path)
    const { dev } = statSync(there)
    if (seen.has(dev)) return []
    seen.add(dev)
    return [describeSpace(shownPath(path), statfsSync(there), index === 0 ? letterBytes : 0)]
  })
}

export function describeSpace(
  place: string,
  room: Pick<StatsFs, 'bavail' | 'bsize' | 'files' | 'ffree'>,
  letterBytes: number
): Check {
  const free = room.bavail * room.bsize
  // Some file systems have no fixed number of inodes, and say 0.
  const inodes = room.files === 0 ? undefined : room.ffree
  const facts = { path: place, free_bytes: free, free_inodes: inodes ?? null }
  const name = 'free space'
  const text = `${formatBytes(free)} where ${place} lies`
  if (inodes !== undefined && inodes < FEW_INODES) {
    const what = `${text}, but room for ${formatNumberOf(inodes, 'more file')} only.`
    return {
      level: 'warning',
      name,
      text: what,
      advice: 'Delete files: a run that finds no room pauses until there is.',
      facts
    }
  }
  if (free < UNCOMMITTED_BYTES) {
    const what = `${text}: less than the ${formatBytes(UNCOMMITTED_BYTES)} that a run may write between two commits.`
    return {
      level: 'warning',
      name,
      text: what,
      advice: 'Make room: a run that finds none pauses until there is.',
      facts
    }
  }
  if (free < letterBytes) {
    const what = `${text}. Dead letters may take ${formatBytes(letterBytes)} more; when the disk is full before, the run pauses.`
    return { level: 'note', name, text: what, facts }
  }
  const files = inodes === undefined ? '' : `, and for ${formatCount(inodes)} files`
  return { level: 'ok', name, text: `${text}${files}.`, facts }
}

function onMount(place: string, mount: Mount | undefined, meaning: (mount: Mount) => Meaning): Meaning {
  if (mount === undefined) return { level: 'note', text: `${place}. This system does not tell on what file system.` }
  const { text, ...rest } = meaning(mount)
  return { ...rest, text: `${place}, on ${mount.type} (${mount.device}). ${text}` }
}

function mountFacts(mount: Mount | undefined) {
  if (mount === undefined) return {}
  return { file_system: mount.type, device: mount.device, mount_point: mount.folder }
}
