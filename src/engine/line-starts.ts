// Where each line of a batch begins in its bytes.

const NEWLINE = 0x0a

/** Of text that is one byte a character. Returns the end of the last line, its newline included. */
export function startsOfAscii(starts: Int32Array, values: readonly unknown[], from: number): number {
  let at = from
  const count = values.length
  for (let line = 0; line < count; line++) {
    starts[line] = at
    at += (values[line] as string).length + 1
  }
  starts[count] = at
  return at
}

/** Returns the end of the last line, its newline included. */
export function startsOfBytes(starts: Int32Array, buffer: Buffer, from: number, limit: number, count: number): number {
  let at = from
  for (let line = 0; line < count; line++) {
    starts[line] = at
    const newline = buffer.indexOf(NEWLINE, at)
    at = newline === -1 || newline >= limit ? limit : newline + 1
  }
  starts[count] = at
  return at
}
