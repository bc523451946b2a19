// Replay jobs in a state folder. Only who has the lock of the folder writes; anybody may read.
//
//   replays/000001.json       what it is and how far it has come
//           000001.letters    which letters: selection.ts
//           000001.outcomes   a byte for each of them: outcome.ts
//
// The outcomes have their full length from the beginning: a full disk is met before the first line, not halfway. What
// lies behind the committed position is void, whatever stands there.

import { createHash } from 'node:crypto'
import { closeSync, constants, existsSync, fsyncSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'

import { systemErrorCode } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { makePrivateFolder, writePrivateFile } from '../private-files.ts'
import { isOpen, REPLAY_STATES, type ReplayJob, type ReplaySettings } from './job.ts'
import { REPLAY_OUTCOME } from './outcome.ts'
import { Selection } from './selection.ts'

interface StoredJob extends ReplayJob {
  readonly version: number
  readonly lettersSha256: string
}

const VERSION = 1
const NAME = /^(\d{6})\.(json|letters|outcomes)$/

export function replayFolder(stateFolder: string): string {
  return join(stateFolder, 'replays')
}

/** For those who look through the folder. */
export function isReplayFile(name: string): boolean {
  return NAME.test(name)
}

export class ReplayJobs {
  readonly #stateFolder: string
  readonly #folder: string

  constructor(stateFolder: string) {
    this.#stateFolder = stateFolder
    this.#folder = replayFolder(stateFolder)
  }

  outcomesFile(number: number): string {
    return this.#path(number, 'outcomes')
  }

  /** Oldest first. What cannot be read is told to `onDamage` and left out. */
  list(onDamage: (problem: Error) => void = () => undefined): ReplayJob[] {
    return this.#numbers().flatMap(number => {
      try {
        return [this.read(number)]
      } catch (problem) {
        onDamage(problem as Error)
        return []
      }
    })
  }

  /** The one that can go on, if there is one: there is never a second. */
  open(onDamage?: (problem: Error) => void): ReplayJob | undefined {
    return this.list(onDamage).findLast(isOpen)
  }

  /** Throws a UserError when there is no such job, or its file is damaged. */
  read(number: number): ReplayJob {
    const path = this.#path(number, 'json')
    let job: Partial<StoredJob>
    try {
      job = JSON.parse(readFileSync(path, 'utf8')) as Partial<StoredJob>
    } catch (cause) {
      if (systemErrorCode(cause) === 'ENOENT') throw new UserError(`there is no replay ${number}`, { cause })
      throw damaged(path, cause)
    }
    if (typeof job !== 'object' || job === null) throw damaged(path, undefined)
    if ((job.version ?? 0) > VERSION) throw new UserError(`${path} was written by a newer Linescope: use that one`)
    const isWhole =
      job.number === number &&
      Number.isSafeInteger(job.total) &&
      Number.isSafeInteger(job.done) &&
      REPLAY_STATES.includes(job.state as ReplayJob['state'])
    if (!isWhole) throw damaged(path, undefined)
    return job as ReplayJob
  }

  /** Once it returns, the job is on the disk, with all of its letters. */
  create(settings: ReplaySettings, configHash: string, letters: readonly string[]): ReplayJob {
    makePrivateFolder(this.#folder)
    const number = (this.#numbers().at(-1) ?? 0) + 1
    const text = letters.join('')
    writePrivateFile(this.#path(number, 'letters'), text)
    writePrivateFile(this.outcomesFile(number), REPLAY_OUTCOME.pending.repeat(letters.length))
    const job: StoredJob = {
      ...settings,
      version: VERSION,
      number,
      createdAtMilliseconds: Date.now(),
      total: letters.length,
      state: 'running',
      reason: undefined,
      endedAtMilliseconds: undefined,
      done: 0,
      discarded: 0,
      configurations: [{ from: 0, configHash }],
      lettersSha256: sha256(text)
    }
    this.#write(job)
    syncFolder(this.#stateFolder)
    return job
  }

  save(job: ReplayJob, change: Partial<ReplayJob>): ReplayJob {
    const changed = { ...job, ...change }
    this.#write(changed)
    return changed
  }

  /** Throws a UserError when it is not what was written: rather nothing than another line. */
  selection(job: ReplayJob): Selection {
    const path = this.#path(job.number, 'letters')
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (cause) {
      throw damaged(path, cause)
    }
    if (sha256(text) !== (job as StoredJob).lettersSha256) throw damaged(path, undefined)
    return new Selection(text)
  }

  /** Outcomes from..to. */
  outcomes({ number }: ReplayJob, from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, to - from))
    const descriptor = openSync(this.outcomesFile(number), constants.O_RDONLY)
    try {
      for (let read = 0; read < bytes.length; ) {
        const count = readSync(descriptor, bytes, read, bytes.length - read, from + read)
        if (count === 0) break
        read += count
      }
    } finally {
      closeSync(descriptor)
    }
    return bytes
  }

  #numbers(): number[] {
    if (!existsSync(this.#folder)) return []
    const names = readdirSync(this.#folder).map(name => NAME.exec(name))
    return names.flatMap(match => (match?.[2] === 'json' ? Number(match[1]) : [])).sort((a, b) => a - b)
  }

  #write(job: ReplayJob): void {
    writePrivateFile(this.#path(job.number, 'json'), `${JSON.stringify(job, undefined, 2)}\n`)
    syncFolder(this.#folder)
  }

  #path(number: number, kind: string): string {
    return join(this.#folder, `${String(number).padStart(6, '0')}.${kind}`)
  }
}

function damaged(path: string, cause: unknown): UserError {
  return new UserError(`the file ${path} of a replay is damaged`, {
    hint: 'Its letters are in the dead letters still: delete the file and replay them anew.',
    cause
  })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function syncFolder(path: string): void {
  // Windows opens no folder; there a name lasts with its file.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(descriptor)
  } catch (error) {
    // Said by file systems that have no such call for folders.
    if (systemErrorCode(error) !== 'EINVAL') throw error
  } finally {
    closeSync(descriptor)
  }
}
