// The patterns of `matches`: JavaScript regular expressions with leading flags, `(?i)error`.
//
// They are kept in a form that V8's linear-time engine can take over wherever there is one; see `isLinearTime`.

import v8 from 'node:v8'

import { expandAsciiCase } from './ascii-case.ts'

export class PatternError extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** Throws a PatternError. The result has no state: `test` may be called in any order. */
export function compilePattern(text: string): RegExp {
  const { flags, body } = splitFlags(text)
  refuseForeignSyntax(body)
  // Without the flag `u` these would silently mean something else: \p{L} the letter p and what follows it.
  const needsUnicode = /(?:^|[^\\])(?:\\\\)*\\(?:[pP]|u)\{/.test(body)
  const expanded = flags.includes('i') && !needsUnicode ? expandAsciiCase(body) : undefined
  const kept = expanded === undefined ? flags : flags.replace('i', '')
  try {
    return new RegExp(expanded ?? body, needsUnicode ? `${kept}u` : kept)
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: .*\/[a-z]*: /s, '')
    throw new PatternError(`not a valid pattern: ${reason}`, hintFor(body))
  }
}

function splitFlags(text: string): { flags: string; body: string } {
  const leading = /^\(\?([A-Za-z]+)\)/.exec(text)
  if (leading === null) return { flags: '', body: text }
  const flags = new Set(leading[1])
  for (const flag of flags) {
    if (!'ims'.includes(flag))
      throw new PatternError(`unknown flag "${flag}" in ${leading[0]}`, 'Known flags: i, m, s.')
  }
  return { flags: [...flags].sort().join(''), body: text.slice(leading[0].length) }
}

// JavaScript reads each of these without complaint as something that nobody means.
function refuseForeignSyntax(body: string): void {
  const foreign = /(?<!\\)(?:\\\\)*\\([AGQEZhzRX])/.exec(body)
  if (foreign !== null) {
    const letter = foreign[1]
    const hint =
      letter === 'A' ? 'Write ^ for the start.' : letter.toLowerCase() === 'z' ? 'Write $ for the end.' : undefined
    throw new PatternError(`not a valid pattern: unknown escape \\${letter}`, hint)
  }
  const named = /\[\[:(\w+):\]/.exec(body)
  if (named !== null) {
    throw new PatternError(
      `not a valid pattern: unknown set [:${named[1]}:]`,
      'Write the characters: [A-Za-z], [0-9], \\s.'
    )
  }
}

function hintFor(body: string): string | undefined {
  if (body.includes('(?P<')) return 'Write (?<name>…) for a named group.'
  if (/\(\?[a-z]+\)/.test(body)) return 'Flags such as (?i) stand at the start of the pattern.'
  return undefined
}

const LINEAR_ENGINE = '--enable-experimental-regexp-engine'

/**
 * Whether V8's linear-time engine can run the pattern, so that no line can keep it busy. The engine is switched on for
 * the trial only: the flag changes nothing but that `l` is accepted, and nothing else runs meanwhile in this thread.
 * Undefined when the answer cannot be had.
 */
export function isLinearTime(pattern: RegExp): boolean | undefined {
  const isAlreadyOn = accepts('', 'l') === true
  try {
    if (!isAlreadyOn) v8.setFlagsFromString(LINEAR_ENGINE)
    return accepts(pattern.source, `${pattern.flags}l`)
  } finally {
    if (!isAlreadyOn) v8.setFlagsFromString(LINEAR_ENGINE.replace('--', '--no-'))
  }
}

function accepts(source: string, flags: string): boolean | undefined {
  try {
    new RegExp(source, flags)
    return true
  } catch (error) {
    // The other refusal is that of the flag itself: another thread has switched the engine off in between.
    return (error as Error).message.includes('linear time') ? false : undefined
  }
}
