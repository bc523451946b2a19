// Writes text as snake_case: runs of what is neither letter nor digit become one `_`, those at the ends go, a `_` comes
// between a lower and an upper case letter, and the rest is lower case.
//
// Letters and digits are those of Unicode; a combining mark belongs to its letter. `requestID 42!` becomes
// `request_id_42`, a line without letters and digits becomes empty.

import { defineProcessor } from '../sdk/index.ts'

export const snakecase = defineProcessor({
  name: 'snakecase',
  summary: 'Writes the text as snake_case.',
  create: () => snakeCase
})

const OTHER = 0
const DIGIT = 1
const LOWER = 2
const UPPER = 3
const UNDERSCORE = 0x5f

const kindOf = new Uint8Array(128)
const lowerOf = Uint8Array.from({ length: 128 }, (_, code) => code)
for (let code = 0x30; code <= 0x39; code++) kindOf[code] = DIGIT
for (let code = 0x61; code <= 0x7a; code++) kindOf[code] = LOWER
for (let code = 0x41; code <= 0x5a; code++) {
  kindOf[code] = UPPER
  lowerOf[code] = code + 0x20
}

// Room for one more than four bytes beyond the text: a longer text in UTF-8 then never seems to be as long as in UTF-16.
const SPARE_BYTES = 8

let input = Buffer.alloc(64 * 1024)
let output = Buffer.alloc(2 * input.length)

function snakeCase(line: string): string {
  const { length } = line
  if (length + SPARE_BYTES > input.length) {
    input = Buffer.alloc(2 * length + SPARE_BYTES)
    output = Buffer.alloc(2 * input.length)
  }
  if (input.write(line, 0, length + SPARE_BYTES, 'utf8') !== length) return snakeCaseOfUnicode(line)

  let written = 0
  let before = OTHER
  for (let at = 0; at < length; at++) {
    const code = input[at]
    const kind = kindOf[code]
    if (kind !== OTHER) {
      const isNewWord = before === OTHER ? written > 0 : before === LOWER && kind === UPPER
      if (isNewWord) output[written++] = UNDERSCORE
      output[written++] = lowerOf[code]!
    }
    before = kind
  }
  return output.toString('latin1', 0, written)
}

function snakeCaseOfUnicode(line: string): string {
  return line
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '_')
    .replace(/^_|_$/g, '')
    .replace(/(\p{Ll}\p{M}*)(\p{Lu})/gu, '$1_$2')
    .toLowerCase()
}
