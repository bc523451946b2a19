// The state of one run while it goes on: its folder, locked against a second run, and its run.json.

import { acquireLock } from './lock.ts'
import { type RunInformation, readRun, writeRun } from './run-json.ts'
import { openStateFolder, type RunIdentity, stateFolderPath } from './state-folder.ts'

export interface OpenState {
  readonly folder: string
  /** What the run before this one was, when it ended without taking its leave: it was killed, or the machine went down. */
  readonly crashed: RunInformation | undefined
  /** Tells commands where the run's dashboard is and how to change it. */
  announce(run: { readonly url: string | undefined; readonly token: string | undefined }): void
  /** Gives the folder back to the next run. */
  close(): void
}

/** `root` is `.linescope` beside the pipeline, or what `--state` says. Throws a UserError when another run has it. */
export function openState(root: string, identity: RunIdentity): OpenState {
  const folder = stateFolderPath(root, identity)
  openStateFolder(folder)
  const lock = acquireLock(folder)
  // Nobody else has the lock, so whoever wrote it is no more.
  const crashed = readRun(folder)
  let takeLeave = (): void => undefined
  return {
    folder,
    crashed,
    announce(run) {
      takeLeave = writeRun(folder, { pid: process.pid, startedAtMilliseconds: Date.now(), ...run })
    },
    close() {
      takeLeave()
      lock.release()
    }
  }
}
