// How many columns of a terminal a text takes, and how to make it fit. Letters of East Asia and emoji take two, marks on
// a letter none. For text that `safe` has passed: it holds no control characters.

const PLAIN = /^[\x20-\x7e]*$/
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}]/u
const EMOJI = /^\p{Emoji_Presentation}|\ufe0f/u
// East Asian Width W and F of Unicode, without the emoji.
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

/** Not wider than `width`: what is left out is an ellipsis at the end. */
export function cutToWidth(text: string, width: number): string {
  if (width <= 0) return ''
  // A grapheme that is cut in two here would have been left out anyway.
  const start = text.length > width * 8 + 64 ? text.slice(0, width * 8 + 64) : text
  if (start === text && displayWidth(text) <= width) return text
  let shown = ''
  let left = width - 1
  for (const { segment } of graphemes.segment(start)) {
    left -= graphemeWidth(segment)
    if (left < 0) break
    shown += segment
  }
  return `${shown}…`
}

export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

export function padStartToWidth(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text
}

function graphemeWidth(grapheme: string): number {
  if (NOTHING.test(grapheme)) return 0
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1
}
