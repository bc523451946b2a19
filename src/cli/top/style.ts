// Lines of a screen as data: pieces of text with a look, cut to a width before they become bytes.

import { styleText } from 'node:util'

import { cutToWidth, displayWidth } from '../display-width.ts'

export type Look = 'plain' | 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'inverse'

export interface Piece {
  readonly text: string
  readonly look: Look
}

export type ScreenLine = readonly Piece[]

export function piece(text: string, look: Look = 'plain'): Piece {
  return { text, look }
}

export function line(text: string, look: Look = 'plain'): ScreenLine {
  return [piece(text, look)]
}

/** Text with the sequences that make its looks; not wider than `width`. */
export function renderLine(pieces: ScreenLine, width: number, hasLooks: boolean): string {
  let left = width
  let text = ''
  for (const { text: whole, look } of pieces) {
    if (left <= 0) break
    const shown = cutToWidth(whole, left)
    left -= displayWidth(shown)
    // It must not ask what stdout is: that would touch it.
    text += look === 'plain' || !hasLooks ? shown : styleText(look, shown, { validateStream: false })
  }
  return text
}
