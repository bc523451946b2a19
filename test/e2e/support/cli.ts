// Starts the real command line as a process of its own, on real files. Whatever a test starts is ended with it.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

export const ROOT = join(import.meta.dirname, '..', '..', '..')
/** `npm test` has it bundled, as users get it. */
export const LINESCOPE = process.env['LINESCOPE_COMMAND'] ?? join(ROOT, 'bin', 'linescope.js')
/** Longer than anything here takes on a busy machine: only a hang reaches it. */
const PATIENCE_MILLISECONDS = process.env['LINESCOPE_LONG'] === '1' ? 900_000 : 90_000

export interface CliOptions {
  /** File to start in place of the checkout's own `bin/linescope.js`. */
  readonly command?: string
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** A file descriptor, `pipe`, or nothing at all; nothing by default. */
  readonly stdin?: 'pipe' | 'ignore' | number
  readonly stdout?: 'pipe' | number
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** A folder for the files of one test, removed after it. `name → text` are the files in it. */
export function makeFolder(t: TestContext, files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-e2e-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

export class Cli {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  readonly #stdout: Buffer[] = []
  #stderr = ''
  #hasEnded = false

  constructor(command: string, args: readonly string[], options: SpawnOptions) {
    this.process = spawn(command, [...args], options)
    this.process.stdout?.on('data', chunk => this.#stdout.push(chunk))
    this.process.stderr?.setEncoding('utf8').on('data', text => {
      this.#stderr += text
    })
    this.ended = new Promise((resolve, reject) => {
      this.process.once('error', reject)
      this.process.once('close', (code, signal) => {
        this.#hasEnded = true
        resolve({ code, signal, stdout: this.stdout, stderr: this.#stderr })
      })
    })
    this.ended.catch(() => undefined)
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout)
  }

  get stderr(): string {
    return this.#stderr
  }

  get pid(): number {
    return this.process.pid!
  }

  write(text: string | Uint8Array): void {
    this.process.stdin!.write(text)
  }

  /** Waits for what stderr is to say and returns the match. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return await until(`stderr to match ${pattern}`, () => {
      const match = pattern.exec(this.#stderr)
      if (match === null && this.#hasEnded) throw new Error(`it ended without saying ${pattern}:\n${this.#stderr}`)
      return match
    })
  }

  /** Address of the dashboard, once it is up. */
  async url(): Promise<string> {
    const [, url] = await this.says(/Dashboard: (http:\S+?)\/?(?:#\S*)?\n/)
    return url
  }

  /** Ends when the process has; a hang becomes a failure that shows what was said. */
  async end(): Promise<Ended> {
    await until('the command to end', () => this.#hasEnded || undefined).catch((failure: Error) => {
      throw new Error(`${failure.message}\n${this.#stderr}`)
    })
    return await this.ended
  }
}

/** Starts `linescope …`; `t.after` ends it when the test has not. */
export function start(t: TestContext, args: readonly string[], options: CliOptions = {}): Cli {
  const { command = LINESCOPE, cwd, env, stdin = 'ignore', stdout = 'pipe' } = options
  const cli = new Cli(process.execPath, [command, ...args], {
    stdio: [stdin, stdout, 'pipe'],
    env: { ...cleanEnvironment(), ...env },
    ...(cwd === undefined ? {} : { cwd })
  })
  t.after(async () => {
    cli.process.kill('SIGKILL')
    await cli.ended.catch(() => undefined)
  })
  return cli
}

/** Runs `linescope …` to its end. */
export async function linescope(t: TestContext, args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return await start(t, args, options).end()
}

/** What a user's shell has, without what the test runner or the developer has put there. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const environment = { ...process.env }
  for (const name of ['NODE_TEST_CONTEXT', 'LINESCOPE_TOKEN', 'npm_lifecycle_event']) delete environment[name]
  // Compiled code is shared by all the commands of the tests and leaves no trace in the home of who runs them.
  return { ...environment, NODE_COMPILE_CACHE: join(ROOT, '.cache', 'compiled') }
}

/** Asks again and again until there is an answer other than undefined, null or false. */
export async function until<Value>(
  what: string,
  ask: () => Value | Promise<Value>,
  patienceMilliseconds = PATIENCE_MILLISECONDS
): Promise<NonNullable<Value>> {
  const giveUpAt = performance.now() + patienceMilliseconds
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== null && answer !== false) return answer
    if (performance.now() > giveUpAt) throw new Error(`waited ${patienceMilliseconds / 1000} s in vain for ${what}`)
    await sleep(10)
  }
}
