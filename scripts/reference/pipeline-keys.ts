// The keys of a pipeline file that the engine itself understands, with their defaults.

import { z } from 'zod'

import {
  circuitBreakerSchema,
  concurrencySchema,
  DEFAULT_CONCURRENCY,
  DEFAULT_RETRY,
  DEFAULT_TIMEOUT_MILLISECONDS,
  limitsSchema,
  onErrorSchema,
  retrySchema,
  timeoutSchema,
  toSchema
} from '../../src/config/schema.ts'
import { type Option, optionTable } from './markdown.ts'
import { optionsOf } from './options.ts'

const keys = z.strictObject({
  to: toSchema.optional(),
  retry: retrySchema.optional(),
  timeout: timeoutSchema.optional(),
  concurrency: concurrencySchema.optional(),
  on_error: onErrorSchema.optional(),
  circuit_breaker: circuitBreakerSchema.optional()
})

// The engine's, where the schema leaves the key out.
const DEFAULTS: Readonly<Record<string, string>> = {
  retry: 'no retry',
  'retry.max_backoff': seconds(DEFAULT_RETRY.maxBackoffMilliseconds),
  timeout: seconds(DEFAULT_TIMEOUT_MILLISECONDS),
  concurrency: `\`${DEFAULT_CONCURRENCY}\``,
  on_error: '`dead_letter`',
  circuit_breaker: 'none'
}

export function commonKeys(): string {
  const maps: Readonly<Record<string, z.ZodType>> = { retry: retrySchema, circuit_breaker: circuitBreakerSchema }
  const told = optionsOf(keys).flatMap(option =>
    Object.hasOwn(maps, option.name) ? [option, ...inside(option.name, optionsOf(maps[option.name]))] : [option]
  )
  return optionTable(
    told.map(option => ({
      ...option,
      default: DEFAULTS[option.name] ?? option.default,
      description: option.description.replace(/, [^,]* by default\b/, '').replace(/; [^;]* by default\b/, '')
    }))
  )
}

export function limitKeys(): string {
  return optionTable(optionsOf(limitsSchema))
}

function inside(name: string, options: readonly Option[]): Option[] {
  return options.map(option => ({ ...option, name: `${name}.${option.name}` }))
}

function seconds(milliseconds: number): string {
  return `\`${milliseconds / 1000}s\``
}
