// What is typed, key by key, while the screen is ours. Nothing where stdin is no terminal.

import { emitKeypressEvents } from 'node:readline'

import type { Key } from './view.ts'

interface Keypress {
  readonly name?: string
  readonly ctrl?: boolean
  readonly meta?: boolean
}

export type Control = 'interrupt' | 'suspend' | 'redraw'

export interface KeyListener {
  readonly onKey: (key: Key) => void
  readonly onControl: (control: Control) => void
}

const CONTROLS: ReadonlyMap<string, Control> = new Map([
  ['c', 'interrupt'],
  ['d', 'interrupt'],
  ['z', 'suspend'],
  ['l', 'redraw']
])

export class Keys {
  readonly #onKeypress: (text: string | undefined, key: Keypress) => void

  constructor({ onKey, onControl }: KeyListener) {
    this.#onKeypress = (text, { name, ctrl = false, meta = false }) => {
      const control = ctrl ? CONTROLS.get(name ?? '') : undefined
      if (control !== undefined) onControl(control)
      // An escape with nothing behind it is said to be `meta`.
      else if (!ctrl && (!meta || name === 'escape')) {
        onKey({ name, text: meta ? '' : (text ?? '') })
      }
    }
  }

  start(): void {
    const { stdin } = process
    if (!stdin.isTTY) return
    emitKeypressEvents(stdin)
    stdin.setRawMode(true)
    stdin.on('keypress', this.#onKeypress)
    stdin.resume()
  }

  stop(): void {
    const { stdin } = process
    if (!stdin.isTTY) return
    stdin.off('keypress', this.#onKeypress)
    stdin.setRawMode(false)
    stdin.pause()
  }
}
