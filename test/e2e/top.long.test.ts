// `top` in a real terminal, that of tmux: what is on the screen, what keys do, and how it leaves the terminal.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { cleanEnvironment, LINESCOPE, makeFolder, start, until } from './support/cli.ts'
import { startScopeRun } from './support/scope-runs.ts'

/** A shell in a terminal of its own. */
class Terminal {
  readonly #socket: string

  constructor(t: TestContext, folder: string, environment: NodeJS.ProcessEnv = {}) {
    // Before the folder of its socket is taken away.
    t.after(() => this.#tmux(['kill-server']))
    this.#socket = join(makeFolder(t), 'tmux')
    const env = { ...cleanEnvironment(), LC_ALL: 'C.UTF-8', ...environment }
    const size = ['-x', '80', '-y', '24']
    this.#tmux(['-f', '/dev/null', 'new-session', '-d', ...size, '-c', folder, 'sh'], env)
    this.type("PS1='ready$ '; clear", 'Enter')
  }

  type(...keys: string[]): void {
    this.#tmux(['send-keys', ...keys])
  }

  linescope(...args: string[]): void {
    this.type(`"${process.execPath}" "${LINESCOPE}" ${args.join(' ')}`, 'Enter')
  }

  resize(columns: number, rows: number): void {
    this.#tmux(['resize-window', '-x', String(columns), '-y', String(rows)])
  }

  screen(...options: string[]): string[] {
    return this.#tmux(['capture-pane', '-p', ...options])
      .split('\n')
      .slice(0, -1)
  }

  /** The alternate buffer, the cursor hidden: as `top` has it. */
  isTaken(): boolean {
    return this.#tmux(['display-message', '-p', '#{alternate_on} #{cursor_flag}']).trim() === '1 0'
  }

  isGivenBack(): boolean {
    return this.#tmux(['display-message', '-p', '#{alternate_on} #{cursor_flag} #{wrap_flag}']).trim() === '0 1 1'
  }

  async shows(pattern: RegExp): Promise<string[]> {
    return await until(`${pattern} on the screen`, () => {
      const screen = this.screen()
      return pattern.test(screen.join('\n')) ? screen : undefined
    }).catch((failure: Error) => {
      throw new Error(`${failure.message}\n${this.screen().join('\n')}`)
    })
  }

  #tmux(args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
    return execFileSync('tmux', ['-S', this.#socket, ...args], { env, encoding: 'utf8' })
  }
}

test('top on a terminal', { skip: process.platform === 'win32' && 'there is no tmux' }, async t => {
  const { folder, run, url } = await startScopeRun(t)
  const terminal = new Terminal(t, folder)
  terminal.linescope('top', 'pipeline.yaml')

  await t.test('shows run, ledger and a row for each processor and sink, on 80 by 24', async () => {
    const screen = await terminal.shows(/→ other/)
    assert.ok(terminal.isTaken())
    assert.equal(screen.length, 24)
    assert.match(screen[0], /^pipeline · finished, it lasted /)
    assert.match(screen.join('\n'), /^0 unaccounted · 10 entered \+ 4 forked = 8 delivered .* 2 un/m)
    assert.match(screen.join('\n'), /^日本 "x" +\d/m)
    assert.match(screen[23], /^q quit {2}\? help/)
  })

  await t.test(
    'enter shows the errors and the newest journeys of the selected one; nothing of a line moves the cursor',
    async () => {
      terminal.type('j', 'Enter')
      const screen = (await terminal.shows(/Newest journeys through it/)).join('\n')
      assert.match(screen, /^日本 "x"$/m)
      assert.match(screen, /^ {2}4 × TypeError: cannot work on bad \\x1b\[31m2\\u\{202e\} {2}last/m)
      assert.match(screen, /^ {2}0:\d+ {2}✗ dead {2}start > 日本 "x" {2}bad \\x1b\[31m2/m)
      terminal.type('Escape')
      await terminal.shows(/^name +in\/s/m)
    }
  )

  await t.test('s sorts, / filters, p pauses, ? helps', async () => {
    terminal.type('s', 's', 's')
    await terminal.shows(/▼err\/s/)
    terminal.type('/', 'o', 'u')
    const filtered = (await terminal.shows(/^filter: ou/m)).join('\n')
    assert.match(filtered, /^loud/m)
    assert.doesNotMatch(filtered, /^start/m)
    terminal.type('Enter', 'p')
    await terminal.shows(/^PAUSED, p goes on · filter "ou"/m)
    terminal.type('p', 'Escape')
    await terminal.shows(/^start/m)
    terminal.type('?')
    await terminal.shows(/^Keys$.*^Columns$/ms)
    terminal.type('?')
    await terminal.shows(/^start/m)
  })

  await t.test('a wider terminal has more columns, a tiny one is no reason to fall', async () => {
    assert.doesNotMatch(terminal.screen().join('\n'), / held/)
    terminal.resize(140, 30)
    const wide = await terminal.shows(/ dead +held$/m)
    assert.equal(wide.length, 30)
    terminal.resize(12, 3)
    await until('three rows', () => terminal.screen().length === 3 && terminal.screen()[2].startsWith('by err/s'))
    terminal.resize(80, 24)
    await terminal.shows(/^start/m)
  })

  await t.test('says when the run is gone, and goes on when there is another, at whatever port', async () => {
    run.process.kill('SIGKILL')
    await terminal.shows(/^disconnected, trying again/m)
    const again = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
    const newUrl = await again.url()
    assert.notEqual(newUrl, url)
    await until('the new address', () => terminal.screen('-J').join('').includes(newUrl.slice(-5)))
  })

  await t.test('q gives the terminal back', async () => {
    terminal.type('q')
    await terminal.shows(/^ready\$$/m)
    assert.ok(terminal.isGivenBack())
    terminal.type('echo "code $?"', 'Enter')
    await terminal.shows(/^code 0$/m)
  })
})

test('top gives the terminal back whatever ends it', async t => {
  const { folder } = await startScopeRun(t)
  const terminal = new Terminal(t, folder, { NO_COLOR: '1' })
  // The process group gets the signal when the shell is told to send it to its job.
  for (const [index, end] of ['C-c', 'C-z'].entries()) {
    terminal.type('clear', 'Enter')
    terminal.linescope('top')
    await terminal.shows(/→ other/)
    assert.ok(terminal.isTaken())
    assert.ok(!terminal.screen('-e').join('\n').includes('\x1b[3'), 'no colour')
    terminal.type(end)
    await terminal.shows(/^ready\$$/m)
    await until('the terminal back', () => terminal.isGivenBack())
    terminal.type(`echo "code ${index} $?"`, 'Enter')
    await terminal.shows(index === 0 ? /^code 0 130$/m : /^code 1 \d+$/m)
  }
  terminal.type('fg', 'Enter')
  await terminal.shows(/→ other/)
  assert.ok(terminal.isTaken())
  terminal.type('C-c')
  await terminal.shows(/^ready\$$/m)
  assert.ok(terminal.isGivenBack())
})
