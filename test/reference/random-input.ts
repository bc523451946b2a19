// Bytes of an input with everything in it that makes framing and decoding hard.

import type { Random } from './random.ts'

const WORDS = [
  'ERROR',
  'WARN',
  'disk',
  'user=7',
  'žluť',
  '€',
  '\u{1F600}',
  '\u2028',
  '\u0085',
  '\0',
  '\r',
  '\t',
  '"',
  '\uFEFF'
]
const BYTE_ORDER_MARK = Buffer.from('\uFEFF')
const INVALID = [[0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf0, 0x9f, 0x98]]

export function randomInput(random: Random, lines: number): Buffer {
  const parts: Buffer[] = []
  const crlf = random.pick([0, 0, 0.2, 1])
  const invalid = random.pick([0, 0, 0.2])
  if (random.chance(0.1)) parts.push(BYTE_ORDER_MARK)
  for (let line = 0; line < lines; line++) {
    parts.push(randomLine(random, line, invalid))
    const isLast = line === lines - 1
    if (isLast && random.chance(0.4)) {
      if (random.chance(0.2)) parts.push(Buffer.from('\r'))
    } else parts.push(Buffer.from(random.chance(crlf) ? '\r\n' : '\n'))
  }
  return Buffer.concat(parts)
}

function randomLine(random: Random, line: number, invalid: number): Buffer {
  if (random.chance(0.1)) return Buffer.alloc(0)
  const words = Array.from({ length: random.integer(0, 5) }, () =>
    random.chance(invalid) ? Buffer.from(random.pick(INVALID)) : Buffer.from(`${random.pick(WORDS)} `)
  )
  // Some lines are equal to others, most are not.
  return Buffer.concat([...words, Buffer.from(random.chance(0.2) ? '' : String(line))])
}
