// The whole terminal for one command: in the alternate buffer, so that what was there comes back, whatever ends the
// process. Frames are written whole; only lines that changed go to the terminal.
//
// No library: what there is needs a tenth of a core and 70 MB of packages to draw a table, next to the run that it is to
// watch.

import { isTerminal, writeOut } from '../output.ts'
import { type TerminalSize, terminalSize } from '../terminal-size.ts'
import { renderLine, type ScreenLine } from './style.ts'

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J'
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l'
const USUAL: TerminalSize = { columns: 80, rows: 24 }

/** Needs a terminal that can place its cursor. */
export function hasScreen(): boolean {
  const { TERM: terminal } = process.env
  return isTerminal('stdout') && terminal !== 'dumb' && terminal !== ''
}

export class Screen {
  #size: TerminalSize = USUAL
  #shown: string[] = []
  #isEntered = false
  readonly #hasLooks = (process.env['NO_COLOR'] ?? '') === ''
  readonly #onExit = (): void => this.leave()
  readonly #onResize = (): void => {
    this.#measure()
    this.onResize()
  }
  onResize: () => void = () => undefined

  get size(): TerminalSize {
    return this.#size
  }

  enter(): void {
    if (this.#isEntered) return
    this.#isEntered = true
    process.on('exit', this.#onExit)
    process.on('SIGWINCH', this.#onResize)
    writeOut(ENTER)
    this.#measure()
  }

  /** The terminal as it was. May be called again and again. */
  leave(): void {
    if (!this.#isEntered) return
    this.#isEntered = false
    process.off('exit', this.#onExit)
    process.off('SIGWINCH', this.#onResize)
    writeOut(LEAVE)
  }

  /** All of it: something else has written there. */
  redraw(): void {
    if (this.#isEntered) this.#onResize()
  }

  /** False when the terminal has gone. */
  draw(lines: readonly ScreenLine[]): boolean {
    if (!this.#isEntered) return true
    const { columns, rows } = this.#size
    let changes = ''
    const frame = Array.from({ length: rows }, (_, row) => renderLine(lines[row] ?? [], columns, this.#hasLooks))
    for (const [row, text] of frame.entries()) {
      if (text !== this.#shown[row]) changes += `\x1b[${row + 1};1H\x1b[2K${text}`
    }
    this.#shown = frame
    return changes === '' || writeOut(changes)
  }

  /** After a change of size nothing is where it was. */
  #measure(): void {
    this.#size = terminalSize() ?? USUAL
    this.#shown = []
    writeOut('\x1b[2J')
  }
}
