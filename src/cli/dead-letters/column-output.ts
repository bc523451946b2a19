// Rows of text in columns, written as they come: the widths are those of the widest cells so far, looked at some rows
// ahead.

import { BufferedOutput } from '../buffered-output.ts'

const ROWS_AHEAD = 200

export class ColumnOutput {
  readonly #output = new BufferedOutput()
  /** Column that numbers stand in; to the right. */
  readonly #numberColumn: number
  readonly #widths: number[] = []
  #rows: (readonly string[])[]

  constructor(head: readonly string[], numberColumn: number) {
    this.#rows = [head]
    this.#numberColumn = numberColumn
  }

  /** False when nobody reads it any more. */
  write(row: readonly string[]): boolean {
    this.#rows.push(row)
    return this.#rows.length < ROWS_AHEAD || this.#writeRows()
  }

  end(): void {
    // A head alone says nothing.
    if (this.#widths.length > 0 || this.#rows.length > 1) this.#writeRows()
    this.#output.flush()
  }

  #writeRows(): boolean {
    for (const row of this.#rows) {
      for (const [column, cell] of row.entries()) {
        this.#widths[column] = Math.max(this.#widths[column] ?? 0, [...cell].length)
      }
    }
    const text = this.#rows.map(row => `${this.#aligned(row)}\n`).join('')
    this.#rows = []
    return this.#output.write(text)
  }

  #aligned(row: readonly string[]): string {
    const cells = row.map((cell, column) => {
      const space = ' '.repeat(this.#widths[column] - [...cell].length)
      return column === this.#numberColumn ? space + cell : cell + space
    })
    return cells.join('  ').trimEnd()
  }
}
