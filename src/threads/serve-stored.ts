// The dashboard on what a run that is over has left: the same routes as those of a run that goes on, and no way to change
// anything. There are no lanes to be kept from waiting, so all of it is in one thread.

import { listen } from '../server/listen.ts'
import { buildServer } from '../server/server.ts'
import { type OpenedRun, openStoredRun } from './open-stored.ts'

export interface ServeStoredOptions {
  readonly stateFolder: string
  /** The folder as a person would write it. */
  readonly shownAs: string
  readonly host: string
  readonly port: number
  readonly allowHosts: readonly string[]
  readonly token: string | undefined
  readonly version: string
  readonly reportFault: (error: unknown) => void
}

export interface ServedRun extends Pick<OpenedRun, 'sentence' | 'warnings'> {
  readonly url: string
  close(): Promise<void>
}

const READ_ONLY =
  'The run is over, and this dashboard only reads. Dead letters are discarded and replayed by "linescope dlq" and ' +
  '"linescope replay".'

/** Throws a UserError for what cannot be shown, and for a port or host that cannot be had. */
export async function serveStoredRun(options: ServeStoredOptions): Promise<ServedRun> {
  const { stateFolder, shownAs, host, port, allowHosts, token, version, reportFault } = options
  const run = openStoredRun(stateFolder, shownAs, version)
  try {
    const { view, askStore, askReplays, sentence, warnings } = run
    const app = buildServer({
      observer: view,
      host,
      allowHosts,
      token,
      version,
      readOnly: READ_ONLY,
      askStore,
      askReplays,
      reportFault
    })
    const listening = await listen(app, { host, port })
    const close = async (): Promise<void> => {
      await listening.close()
      run.close()
    }
    return { url: listening.url, sentence, warnings, close }
  } catch (failure) {
    run.close()
    throw failure
  }
}
