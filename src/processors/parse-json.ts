// Reads a line of JSON as a record.
//
// The names of fields are data, `__proto__` too. A number that JavaScript would round (an identifier of 19 digits) or
// call infinite becomes text with the digits as they stand, unless told otherwise: nothing changes unnoticed.

import { z } from 'zod'

import { defineProcessor, type LineValue } from '../sdk/index.ts'

const BIG_NUMBERS = ['text', 'round', 'error'] as const

export const parseJson = defineProcessor({
  name: 'parse_json',
  summary: 'Reads a line of JSON, an object or an array, as a record.',
  options: z.strictObject({
    big_numbers: z
      .enum(BIG_NUMBERS)
      .default('text')
      .describe('What a number becomes that cannot be held exactly: text with its digits, rounded, or an error.')
  }),

  create: options => {
    const revive = options.big_numbers === 'round' ? undefined : reviver(options.big_numbers === 'error')
    return line => {
      const value = parse(line, revive !== undefined && MAY_BE_BIG.test(line) ? revive : undefined)
      if (typeof value === 'object' && value !== null) return value as LineValue
      const kind = value === null ? 'null' : typeof value === 'string' ? 'text' : `a ${typeof value}`
      throw new Error(`the line is ${kind}, not an object or array`)
    }
  }
})

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

function parse(line: string, revive: Reviver | undefined): unknown {
  try {
    return JSON.parse(line, revive as Parameters<typeof JSON.parse>[1])
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`not valid JSON: ${error.message}`, { cause: error })
    throw error
  }
}

// Everything else is parsed without a reviver, which takes five times as long.
const MAY_BE_BIG = /\d{16}|[eE]\+?\d{3}/

function reviver(isError: boolean): Reviver {
  return (key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined || isExact(value, source)) return value
    if (isError) throw new Error(`the number ${source} (of "${key}") is too big to be held exactly`)
    return source
  }
}

function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(source) || BigInt(value) === BigInt(source)
}
