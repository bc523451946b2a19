// `--watch`: runs the same command without it in a process of its own, and starts that again when a file changes.
//
// A process and not a thread: Node keeps a module that it has loaded, so only a new process sees a changed one.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

import { quote } from '../base/quote.ts'
import { systemErrorReason } from '../base/system-error.ts'
import { UserError } from '../base/user-error.ts'
import { EXIT } from './exit-codes.ts'
import { printError, safe } from './output.ts'

/** Editors write a file in several steps. */
const SETTLE_MILLISECONDS = 150
const MODULE = /\.[cm]?[jt]s$/

/** Watches the pipeline file and the modules beside it. Ends when it is told to, with the exit code of the last run. */
export async function watchRun(pipeline: string): Promise<never> {
  // What has changed is to be seen on the whole input.
  const childArguments = [...process.argv.slice(1).filter(argument => argument !== '--watch'), '--fresh']
  let isStopping = false
  let isRestarting = false
  watchBeside(pipeline, () => restart())
  let child = start()

  const stop = (signal: NodeJS.Signals): void => {
    isStopping = true
    if (hasExited(child)) process.exit(child.exitCode ?? EXIT.failed)
    child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))

  function start(): ChildProcess {
    const started = spawn(process.execPath, [...process.execArgv, ...childArguments], { stdio: 'inherit' })
    started.on('exit', code => {
      if (isStopping) process.exit(code ?? EXIT.failed)
      if (!isRestarting) printError('The run has ended; waiting for a change. Ctrl-C ends this.')
    })
    return started
  }

  function restart(): void {
    const previous = child
    const next = (): void => {
      isRestarting = false
      if (isStopping) return
      printError('A file has changed: starting again.')
      child = start()
    }
    if (hasExited(previous)) next()
    else if (!isRestarting) {
      isRestarting = true
      previous.once('exit', next)
      previous.kill('SIGTERM')
    }
  }
  return new Promise<never>(() => undefined)
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function watchBeside(pipeline: string, changed: () => void): void {
  const folder = dirname(resolve(pipeline))
  // Node watches a folder that is not there without a word.
  if (!existsSync(folder)) throw new UserError(`--watch: there is no folder ${quote(folder)}`)
  let timer: NodeJS.Timeout | undefined
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    // Any other file may be an output of the run itself.
    const isSource = name === basename(pipeline) || (name !== null && MODULE.test(name))
    if (!isSource || name.includes('.linescope') || name.includes('node_modules')) return
    clearTimeout(timer)
    timer = setTimeout(changed, SETTLE_MILLISECONDS)
  })
  watcher.on('error', error => {
    printError(safe(`--watch: changes in ${quote(folder)} are not seen any more: ${systemErrorReason(error)}`))
  })
}
