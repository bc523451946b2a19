// `linescope open`: serves what a run that is over has left, until a signal.

import { quote } from '../../base/quote.ts'
import { serveStoredRun } from '../../threads/serve-stored.ts'
import { VERSION } from '../../threads/version.ts'
import { shownPath } from '../checks/state-folders.ts'
import { EXIT } from '../exit-codes.ts'
import { printError, safe } from '../output.ts'
import { requireToken, tokenOf } from '../run-arguments.ts'
import { StopSignals } from '../stop-signals.ts'
import { findStoredRun } from './find-stored.ts'

export interface OpenArguments {
  readonly state?: string
  readonly port: number
  readonly host: string
  readonly allowHost: readonly string[]
  readonly tokenFile?: string
}

/** Throws a UserError for what cannot be shown. */
export async function openRun(target: string | undefined, options: OpenArguments): Promise<number> {
  const { token, isGiven } = tokenOf(options)
  requireToken(options.host, isGiven)
  const { folder, others } = findStoredRun(target, options.state)
  const signals = new StopSignals()
  const served = await serveStoredRun({
    stateFolder: folder,
    shownAs: shownPath(folder),
    host: options.host,
    port: options.port,
    allowHosts: options.allowHost,
    token: isGiven ? token : undefined,
    version: VERSION,
    reportFault: error =>
      printError(safe(`dashboard: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`))
  })
  try {
    const say = (text: string): void => printError(safe(text))
    say(served.sentence)
    for (const warning of served.warnings) say(`warning: ${warning}`)
    if (others.length > 0) {
      say(`Others, to be named with --state: ${others.map(other => quote(shownPath(other))).join(', ')}`)
    }
    say(`Dashboard: ${served.url}`)
    say('It only reads. Ctrl-C ends it.')
    await signals.wait()
    return EXIT.done
  } finally {
    signals.close()
    await served.close()
  }
}
