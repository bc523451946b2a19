// JSON on stdout, one answer a line. Characters that could move a terminal's cursor are written as escapes of JSON: it
// means the same to a program.

import { print } from '../output.ts'

const UNSAFE = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu

/** False when whoever read it has gone. */
export function printJson(answer: string | object): boolean {
  const text = typeof answer === 'string' ? answer.trimEnd() : JSON.stringify(answer)
  return print(text.replace(UNSAFE, escaped))
}

function escaped(character: string): string {
  let text = ''
  for (let unit = 0; unit < character.length; unit++) {
    text += `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`
  }
  return text
}
