// Rows of text as a table for a terminal.

import { cutToWidth, displayWidth, padStartToWidth, padToWidth } from './display-width.ts'

const GAP = '  '

export interface ColumnWishes {
  /** Widest line; no limit by default. */
  readonly width?: number
  /** Columns that stand to the left, by their number; the others stand to the right. The first by default. */
  readonly left?: readonly number[]
  /** Heads of columns that may go when it is too wide, the first to go first. */
  readonly expendable?: readonly string[]
  /** The column that is cut when it is still too wide; the first by default. */
  readonly cut?: number
}

const LEAST_CUT = 8

/** The first row is the head. Rows of other lengths than it are not for this. */
export function alignColumns(rows: readonly (readonly string[])[], wishes: ColumnWishes = {}): string[] {
  const { width = Number.POSITIVE_INFINITY, left = [0], expendable = [], cut = 0 } = wishes
  const head = rows[0]
  const widths = head.map((_, column) => Math.max(...rows.map(row => displayWidth(row[column]))))
  const columns = head.map((_, column) => column)
  const total = (): number => columns.reduce((sum, column) => sum + widths[column] + GAP.length, -GAP.length)
  for (const name of expendable) {
    if (total() <= width) break
    const at = columns.findIndex(column => head[column] === name)
    if (at !== -1) columns.splice(at, 1)
  }
  if (total() > width) widths[cut] = Math.max(LEAST_CUT, widths[cut] - (total() - width))
  return rows.map(row => {
    const cells = columns.map(column => {
      const cell = cutToWidth(row[column], widths[column])
      return left.includes(column) ? padToWidth(cell, widths[column]) : padStartToWidth(cell, widths[column])
    })
    return cells.join(GAP).trimEnd()
  })
}

/** Heads of columns in which every row has the same empty cell or zero: they say least. */
export function emptyColumns(rows: readonly (readonly string[])[]): string[] {
  return rows[0].filter((_, column) => rows.slice(1).every(row => /^[0–]?$/.test(row[column])))
}
