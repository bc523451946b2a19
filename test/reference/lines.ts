// The lines of an input, as the interpreter takes them.

import type { Graph } from './graph.ts'

export interface Line {
  readonly sourceNumber: number
  readonly offset: number
  readonly place: string
  readonly text: Buffer
  /** The line end it came with; empty at the end of an input that has none there. */
  readonly end: string
  /** The line end of the line before it in its source. */
  readonly endBefore: string
}

/** Lines end at the byte 0x0A; a 0x0D before it belongs to the line end. */
export function frame({ name, bytes }: Graph['inputs'][number], sourceNumber: number): Line[] {
  const lines: Line[] = []
  let endBefore = '\n'
  for (let offset = 0; offset < bytes.length; ) {
    const newline = bytes.indexOf('\n', offset)
    const next = newline === -1 ? bytes.length : newline + 1
    const whole = bytes.subarray(offset, next)
    const end = newline === -1 ? '' : whole.at(-2) === 0x0d ? '\r\n' : '\n'
    const text = whole.subarray(0, whole.length - end.length)
    const place = `${name}:${lines.length + 1}:${offset}`
    lines.push({ sourceNumber, offset, place, text, end, endBefore })
    if (end !== '') endBefore = end
    offset = next
  }
  return lines
}
