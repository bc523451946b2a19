// Runs one child process to its end and makes this process end the same way.
//
// Plain JavaScript for Node 20: it runs before Node 24 is there.
//
// - The child's exit code becomes ours; a signal that killed it kills us too.
// - A signal to stop reaches the child once. A terminal sends Ctrl-C to the whole foreground group, the child included,
//   so it is not passed on then (npm passes it on to us as well: that is the same Ctrl-C again).
// - When npm, or the shell that it started us with, dies without a word, the child is told to stop: no orphans.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
const FROM_TERMINAL = new Set(['SIGINT', 'SIGHUP', 'SIGQUIT'])

// What one stop sends to a group of processes, directly and through npm, arrives within this time.
const SAME_STOP_MILLISECONDS = 500
const PARENT_CHECK_MILLISECONDS = 500

/**
 * Starts the command, passes signals on and waits for its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<{ code: number | null, signal: string | null, output: string }>} `output` is what came
 * through piped stdout and stderr.
 */
export async function runChild(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  const chunks = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => chunks.push(chunk))

  const stopPassing = passSignals(child)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve({ code, signal, output: Buffer.concat(chunks).toString() }))
    })
  } finally {
    stopPassing()
  }
}

/** Ends this process as the child ended. */
export function endLike({ code, signal }) {
  process.exitCode = code ?? 1
  if (signal !== null) process.kill(process.pid, signal)
}

function passSignals(child) {
  let stoppedAt
  const pass = signal => {
    const now = performance.now()
    const isFirst = stoppedAt === undefined
    if (!isFirst && now - stoppedAt < SAME_STOP_MILLISECONDS) return
    stoppedAt = now
    // The terminal has told the child already. A second one is passed on in any case: it ends a child at once that was
    // asked to stop by a signal sent to this process alone.
    if (isFirst && FROM_TERMINAL.has(signal) && isForegroundOfTerminal()) return
    child.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, pass)

  const starters = npmAbove()
  const timer = setInterval(() => {
    if (npmAbove() === starters) return
    clearInterval(timer)
    if (stoppedAt === undefined) pass('SIGTERM')
  }, PARENT_CHECK_MILLISECONDS)

  return () => {
    for (const signal of SIGNALS) process.removeListener(signal, pass)
    clearInterval(timer)
  }
}

/** True when a terminal would send Ctrl-C to this process and its children. */
function isForegroundOfTerminal() {
  try {
    const status = readFileSync('/proc/self/stat', 'utf8')
    // After the command's name in parentheses: state, parent, group, session, terminal, foreground group.
    const [, , group, , terminal, foregroundGroup] = status.slice(status.lastIndexOf(')') + 2).split(' ')
    return terminal !== '0' && group === foregroundGroup
  } catch {
    return isatty(0) || isatty(1) || isatty(2)
  }
}

/** Process ids of npm and the shell between; both outlive what they start, so a change means that they died. */
function npmAbove() {
  if (process.env.npm_lifecycle_event === undefined) return ''
  try {
    const status = readFileSync(`/proc/${process.ppid}/stat`, 'utf8')
    const [, name, grandparent] = /\((.*)\) \S (\d+)/.exec(status)
    if (/^(?:ba|da|a)?sh$/.test(name)) return `${process.ppid} ${grandparent}`
  } catch {
    // Not Linux: there the shell has given its place to us, or it is npm itself.
  }
  return String(process.ppid)
}
