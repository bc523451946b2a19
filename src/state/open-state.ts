// The state of one run while it goes on: its folder, locked against a second run, and its run.json.

import { acquireLock } from './lock.ts'
import { writeRun } from './run-json.ts'
import { openStateFolder, type RunIdentity, stateFolderPath } from './state-folder.ts'

export interface OpenState {
  readonly folder: string
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
  let takeLeave = (): void => undefined
  return {
    folder,
    announce(run) {
      takeLeave = writeRun(folder, { pid: process.pid, startedAtMilliseconds: Date.now(), ...run })
    },
    close() {
      takeLeave()
      lock.release()
    }
  }
}
