// `--watch`: runs the same command without it in a process of its own, and starts that again when a file changes.
//
// A process and not a thread: Node keeps a module that it has loaded, so only a new process sees a changed one.

import { type ChildProcess, spawn } from 'node:child_process'
import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'

import { EXIT } from './exit-codes.ts'
import { printError } from './output.ts'

/** Editors write a file in several steps. */
const SETTLE_MILLISECONDS = 150
const SOURCE_FILE = /\.(ya?ml|json|[cm]?[jt]s)$/

/** Does not return before it is told to stop; the child's exit code is then its own. */
export async function watchRun(): Promise<never> {
  const childArguments = process.argv.slice(1).filter(argument => argument !== '--watch')
  const pipeline = childArguments.find(argument => SOURCE_FILE.test(argument) && argument !== process.argv[1])
  const folder = pipeline === undefined ? process.cwd() : dirname(pipeline)
  let isStopping = false
  let child = start()

  const stop = (signal: NodeJS.Signals): void => {
    isStopping = true
    child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))

  function start(): ChildProcess {
    const started = spawn(process.execPath, [...process.execArgv, ...childArguments], { stdio: 'inherit' })
    started.on('exit', code => {
      if (isStopping) process.exit(code ?? EXIT.failed)
      if (started === child) printError('The run has ended; waiting for a change.')
    })
    return started
  }

  const restart = (): void => {
    const previous = child
    const next = (): void => {
      if (isStopping) return
      printError('A file has changed: starting again.')
      child = start()
    }
    if (previous.exitCode !== null || previous.signalCode !== null) next()
    else {
      // Its exit is no news then.
      previous.removeAllListeners('exit')
      previous.once('exit', next)
      previous.kill('SIGTERM')
    }
  }
  watchFolder(folder, restart)
  return new Promise<never>(() => undefined)
}

function watchFolder(folder: string, changed: () => void): FSWatcher {
  let timer: NodeJS.Timeout | undefined
  return watch(folder, { recursive: true }, (_event, name) => {
    if (name === null || !SOURCE_FILE.test(name) || name.includes('.linescope') || name.includes('node_modules')) return
    clearTimeout(timer)
    timer = setTimeout(changed, SETTLE_MILLISECONDS)
  })
}
