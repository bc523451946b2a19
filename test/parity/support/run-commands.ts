// Runs what a document shows in a copy of its folder, and compares without the times, which differ each time.

import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'

import { Cli, cleanEnvironment, LINESCOPE, makeFolder, ROOT } from '../../e2e/support/cli.ts'

/** A copy of a folder of the repository, in which the commands `linescope` and `node` are those of this checkout. */
export class Workplace {
  readonly folder: string
  readonly #t: TestContext
  readonly #commands: string

  constructor(t: TestContext, folder: string) {
    const place = makeFolder(t)
    this.#t = t
    this.folder = join(place, 'work')
    this.#commands = join(place, 'commands')
    cpSync(join(ROOT, folder), this.folder, { recursive: true, filter: path => !path.endsWith('.linescope') })
    mkdirSync(this.#commands)
    const ownPackage = pathToFileURL(join(ROOT, 'src', 'threads', 'own-package.ts')).href
    const register = join(this.#commands, 'register.mjs')
    writeFileSync(register, `import { resolveOwnPackage } from '${ownPackage}'\nresolveOwnPackage()\n`)
    this.#addCommand('node', `exec '${process.execPath}' --import '${register}' "$@"`)
    // Another run may have the usual port.
    const port = `[ "$1" = run ] && set -- "$@" --port 0`
    this.#addCommand('linescope', `${port}\nexec '${process.execPath}' '${LINESCOPE}' "$@"`)
  }

  /** What the command prints on stdout and stderr together, its exit code after it when that is not 0. */
  async run(command: string): Promise<string> {
    const environment = cleanEnvironment()
    const cli = new Cli('/bin/sh', ['-c', `{ ${command}\n} 2>&1`], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, PATH: `${this.#commands}${delimiter}${environment['PATH']}` }
    })
    this.#t.after(() => cli.process.kill('SIGKILL'))
    const { code, stdout } = await cli.end()
    return `${stdout.toString()}${code === 0 ? '' : `exit code ${code}\n`}`
  }

  #addCommand(name: string, script: string): void {
    writeFileSync(join(this.#commands, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
}

/** Times, rates, shares and ports as signs, and columns without their padding. */
export function withoutTimes(output: string): string {
  return output
    .replace(/(?:≈ )?\b\d[\d,.]* (?:ns|µs|ms|s|min)\b/g, 'TIME')
    .replace(/\b\d[\d,.]* lines\/s/g, 'RATE')
    .replace(/(?:< )?\b\d[\d.]* %$|(?:< )?\b\d[\d.]* %(?= +(?:TIME|\d))/gm, 'SHARE')
    .replace(/localhost:\d+/g, 'localhost:PORT')
    .replace(/ +/g, ' ')
    .replace(/ $/gm, '')
    .trim()
}
