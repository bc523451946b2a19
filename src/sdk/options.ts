// Kinds of options that many components share. Each is a zod schema, so it joins any other: what an editor shows, what
// is accepted and what a mistake is told come from one place.
//
// Times become milliseconds and sizes bytes. A number out of range, NaN and infinity are refused with the range named.

import { z } from 'zod'

import { quote } from '../base/quote.ts'
import { compileCondition } from './condition/condition.ts'
import { ConditionError } from './condition/condition-error.ts'
import { compilePattern, isLinearTime, PatternError } from './condition/pattern.ts'

interface Described {
  /** One sentence: what the option is for. How it is written is added to it. */
  readonly description?: string
}

interface Ranged<Value> extends Described {
  readonly min?: Value
  readonly max?: Value
  readonly default?: Value
}

export const option = {
  /** `"100ms"`, `"1.5s"`, `"1h30m"`; a number is milliseconds. */
  duration: (settings: Ranged<number | string> = {}) => quantity(DURATION, settings),
  /** `"64KiB"`, `"1MB"`; a number is bytes. */
  bytes: (settings: Ranged<number | string> = {}) => quantity(BYTES, settings),
  condition,
  pattern,
  path,
  text,
  integer
}

function condition({ description }: Described = {}): z.ZodType<string, string> {
  return z
    .string()
    .check(({ value, issues }) => {
      try {
        compileCondition(value)
      } catch (error) {
        if (!(error instanceof ConditionError)) throw error
        const { message, offset, hint } = error
        issues.push({
          code: 'custom',
          input: value,
          message,
          params: hint === undefined ? { offset } : { offset, hint }
        })
      }
    })
    .describe(
      described(
        description,
        'A condition in CEL, such as line.contains("ERROR") or line.status >= 500. It sees line, source, file, ' +
          'line_number and tag.'
      )
    )
}

/** A regular expression that no text can keep busy, as plain data. */
function pattern({ description }: Described = {}): z.ZodType<{ source: string; flags: string }, string> {
  return z
    .string()
    .transform((value, { issues }) => {
      const refused = (message: string, hint?: string): never => {
        issues.push({ code: 'custom', input: value, message, ...(hint === undefined ? {} : { params: { hint } }) })
        return z.NEVER
      }
      try {
        const { source, flags } = compilePattern(value)
        if (value === '' || new RegExp(source, flags).test('')) return refused('must not match the empty text')
        if (isLinearTime(new RegExp(source, flags)) === false) {
          return refused(
            'cannot run in linear time, so a hostile line could keep it busy',
            'Do without look-ahead, back-references, \\p{…} and large repeats.'
          )
        }
        return { source, flags }
      } catch (error) {
        if (!(error instanceof PatternError)) throw error
        return refused(error.message, error.hint)
      }
    })
    .describe(
      described(description, 'A regular expression of JavaScript that runs in linear time; (?i) in front ignores case.')
    )
}

function path({ description }: Described = {}): z.ZodType<string, string> {
  return z
    .string()
    .min(1, { error: 'must not be empty' })
    .refine(value => !value.includes('\0'), { error: 'must not contain the character NUL' })
    .describe(described(description, 'A path, relative to the folder of the pipeline file.'))
}

interface TextSettings extends Described {
  /** In UTF-16 units. */
  readonly minLength?: number
  readonly maxLength?: number
  readonly default?: string
}

function text(settings: TextSettings = {}): z.ZodType<string, string | undefined> {
  const { minLength, maxLength, description } = settings
  let schema = z.string()
  if (minLength !== undefined) {
    schema = schema.min(minLength, {
      error: minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`
    })
  }
  if (maxLength !== undefined) schema = schema.max(maxLength, { error: `must have at most ${maxLength} characters` })
  const result = settings.default === undefined ? schema : schema.default(settings.default)
  return description === undefined ? result : result.describe(description)
}

function integer(settings: Ranged<number> = {}): z.ZodType<number, number | undefined> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, description } = settings
  const error = ({ input }: { input?: unknown }) => refusal(`a whole number${rangeOf(settings)}`, input)
  const schema = z.number({ error }).int({ error }).min(min, { error }).max(max, { error })
  const result = settings.default === undefined ? schema : schema.default(settings.default)
  return description === undefined ? result : result.describe(description)
}

function rangeOf({ min, max }: Ranged<number>): string {
  if (min === undefined) return max === undefined ? '' : ` of at most ${max}`
  return max === undefined ? ` of at least ${min}` : ` from ${min} to ${max}`
}

/** A number with a unit, written as text, or as a plain number of the smallest unit. */
interface Quantity {
  readonly name: string
  readonly examples: string
  readonly unit: string
  readonly pattern: RegExp
  readonly factors: Readonly<Record<string, number>>
  readonly isWhole: boolean
  readonly max: number
}

const DURATION: Quantity = {
  name: 'a duration',
  examples: '"100ms", "1.5s" or "2m"',
  unit: 'milliseconds',
  pattern: /^(?:\d+(?:\.\d+)? *(?:ms|s|m|h|d) *)+$|^\d+(?:\.\d+)?$/,
  factors: { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  isWhole: false,
  // Node's timers fire at once when asked for 2^31 milliseconds or more.
  max: 24 * 86_400_000
}

const BYTES: Quantity = {
  name: 'a size',
  examples: '"64KiB" or "1MB"',
  unit: 'bytes',
  // Without its B a unit means 1000 to some and 1024 to others; with a small b it may mean bits.
  pattern: /^\d+(?:\.\d+)? *(?:[KMGT]iB|[kKMGT]B|B)?$/,
  factors: {
    B: 1,
    kB: 1e3,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    TB: 1e12,
    KiB: 2 ** 10,
    MiB: 2 ** 20,
    GiB: 2 ** 30,
    TiB: 2 ** 40
  },
  isWhole: true,
  max: 2 ** 50
}

function quantity(kind: Quantity, settings: Ranged<number | string>): z.ZodType<number, number | string | undefined> {
  const min = amount(kind, settings.min ?? 0)!
  const max = amount(kind, settings.max ?? kind.max)!
  const form = ({ input }: { input?: unknown }) => refusal(`${kind.name} such as ${kind.examples}`, input)
  const range = ({ input }: { input?: unknown }) => refusal(`from ${shown(kind, min)} to ${shown(kind, max)}`, input)
  const number = z.number().min(min, { error: range }).max(max, { error: range })
  const schema = z
    .union([kind.isWhole ? number.int({ error: form }) : number, z.string().regex(kind.pattern, { error: form })], {
      error: form
    })
    .transform((value, { issues }) => {
      const result = amount(kind, value)
      if (result !== undefined && result >= min && result <= max) return result
      const message =
        result === undefined
          ? `must be a whole number of ${kind.unit}, not ${quote(String(value))}`
          : range({ input: value })!
      issues.push({ code: 'custom', input: value, message })
      return z.NEVER
    })
    .pipe(z.number())
  const result = settings.default === undefined ? schema : schema.prefault(settings.default)
  return result.describe(described(settings.description, `Written as ${kind.examples}; a number is ${kind.unit}.`))
}

/** Undefined for what is no whole number of bytes. The text fits the pattern. */
function amount(kind: Quantity, value: number | string): number | undefined {
  if (typeof value === 'number') return value
  let sum = 0
  for (const [, digits, unit] of value.matchAll(/(\d+(?:\.\d+)?) *([A-Za-z]*)/g)) {
    sum += Number(digits) * (unit === '' ? 1 : kind.factors[unit])
  }
  // 0.1 + 0.2 seconds and the like: a nanosecond is as exact as any timer.
  const rounded = Math.round(sum * 1e6) / 1e6
  return kind.isWhole && !Number.isInteger(rounded) ? undefined : rounded
}

/** In the largest unit that it is a whole number of. */
function shown(kind: Quantity, value: number): string {
  const units = Object.entries(kind.factors).sort(([, a], [, b]) => b - a)
  const [unit, factor] = units.find(([, each]) => value > 0 && value % each === 0) ?? units.at(-1)!
  return `${value / factor} ${unit}`
}

/** Undefined leaves the message to zod: what is missing is no wrong value. */
function refusal(wanted: string, input: unknown): string | undefined {
  if (input === undefined) return undefined
  const isScalar = typeof input === 'number' || typeof input === 'boolean' || input === null
  const given = typeof input === 'string' ? quote(input, 40) : isScalar ? String(input) : 'that'
  return `must be ${wanted}, not ${given}`
}

function described(purpose: string | undefined, form: string): string {
  return purpose === undefined ? form : `${purpose} ${form}`
}
