// What `top` shows of what it knows, and what each key makes of that. Plain data: a key and a view give the next view.

import { SORTS, type Sort } from './rows.ts'

export interface View {
  readonly page: 'table' | 'details' | 'help'
  /** Name of the row; undefined for the first. */
  readonly selected: string | undefined
  readonly sort: Sort
  readonly isReversed: boolean
  readonly filter: string
  /** Keys go into the filter. */
  readonly isTyping: boolean
  readonly isPaused: boolean
}

export const FIRST_VIEW: View = {
  page: 'table',
  selected: undefined,
  sort: 'order',
  isReversed: false,
  filter: '',
  isTyping: false,
  isPaused: false
}

export interface Key {
  /** `up`, `return`, `escape`, …; undefined for most signs. */
  readonly name: string | undefined
  /** What was typed; empty for keys that type nothing. */
  readonly text: string
}

const LONGEST_FILTER = 64

/** `names` are those of the rows that are shown, `pageRows` how many fit. Undefined: leave. */
export function afterKey(view: View, key: Key, names: readonly string[], pageRows: number): View | undefined {
  if (view.isTyping) return afterTyping(view, key)
  const { page } = view
  if (key.text === '?') return { ...view, page: page === 'help' ? 'table' : 'help' }
  if (key.text === 'p') return { ...view, isPaused: !view.isPaused }
  if (page !== 'table') {
    const isBack = ['escape', 'return', 'enter', 'backspace', 'left'].includes(key.name ?? '') || key.text === 'q'
    return isBack ? { ...view, page: 'table' } : view
  }
  if (key.text === 'q') return undefined
  const move = moveOf(key, pageRows)
  if (move !== undefined) return { ...view, selected: moved(view.selected, move, names) }
  if (key.text === 's') return { ...view, sort: SORTS[(SORTS.indexOf(view.sort) + 1) % SORTS.length] }
  if (key.text === 'S') return { ...view, isReversed: !view.isReversed }
  if (key.text === '/') return { ...view, isTyping: true }
  if (key.name === 'escape') return { ...view, filter: '' }
  const opens = ['return', 'enter', 'right'].includes(key.name ?? '')
  return opens && names.length > 0 ? { ...view, page: 'details', selected: moved(view.selected, 0, names) } : view
}

function afterTyping(view: View, { name, text }: Key): View {
  if (name === 'escape') return { ...view, isTyping: false, filter: '' }
  if (name === 'return' || name === 'enter') return { ...view, isTyping: false }
  if (name === 'backspace') {
    return view.filter === ''
      ? { ...view, isTyping: false }
      : { ...view, filter: [...view.filter].slice(0, -1).join('') }
  }
  const isLetter = text !== '' && !/[\p{Cc}\p{Cf}]/u.test(text) && view.filter.length < LONGEST_FILTER
  return isLetter ? { ...view, filter: view.filter + text } : view
}

function moveOf({ name, text }: Key, pageRows: number): number | undefined {
  if (name === 'down' || text === 'j') return 1
  if (name === 'up' || text === 'k') return -1
  if (name === 'pagedown') return pageRows
  if (name === 'pageup') return -pageRows
  if (name === 'home' || text === 'g') return Number.NEGATIVE_INFINITY
  if (name === 'end' || text === 'G') return Number.POSITIVE_INFINITY
  return undefined
}

function moved(selected: string | undefined, by: number, names: readonly string[]): string | undefined {
  const from = Math.max(0, selected === undefined ? 0 : names.indexOf(selected))
  return names[Math.min(names.length - 1, Math.max(0, from + by))]
}
