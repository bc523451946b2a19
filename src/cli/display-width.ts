// How many columns of a terminal a text takes, and how to make it fit. Letters of East Asia and emoji take two, marks on
// a letter none. For text that `safe` has passed: it holds no control characters.

/** Each takes one column, whatever stands beside it here: ASCII, letters of Europe, dashes, arrows and lines. */
const PLAIN = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2026\u2190-\u21ff\u2500-\u257f]*$/
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}]/u
const EMOJI = /^\p{Emoji_Presentation}|\ufe0f/u
// East Asian Width W and F of Unicode, without the emoji.
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u

/** Made for the first text that needs it: it takes 20 ms, and few do. */
let segmenter: Intl.Segmenter | undefined

export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemesOf(text)) width += graphemeWidth(segment)
  return width
}

function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}

/** Not wider than `width`: what is left out is an ellipsis at the end. */
export function cutToWidth(text: string, width: number): string {
  if (width <= 0) return ''
  // A grapheme that is cut in two here would have been left out anyway.
  const start = text.length > width * 8 + 64 ? text.slice(0, width * 8 + 64) : text
  if (start === text && displayWidth(text) <= width) return text
  let shown = ''
  let left = width - 1
  for (const { segment } of graphemesOf(start)) {
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
