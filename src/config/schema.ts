// The keys that the engine itself understands, as schemas: what is accepted, what a mistake is told and what an
// editor shows come from here. What a built-in understands comes from its own definition.

import { z } from 'zod'

import { REDACTION_PRESETS } from '../base/redaction.ts'
import { option } from '../sdk/options.ts'

const ON_ERROR_FORMS = 'must be dead_letter, drop, stop or { to: name }'

const MAX_BACKOFF_MILLISECONDS = 30_000

export const retrySchema = z
  .strictObject({
    attempts: option.integer({ min: 1, max: 1000, description: 'Tries in all, the first included.' }),
    backoff: option.duration({
      default: '100ms',
      description: 'Wait before the second try; it doubles with every further one.'
    }),
    max_backoff: option.duration({ description: 'Longest wait between two tries, 30 s by default.' }).optional()
  })
  .refine(({ backoff, max_backoff }) => max_backoff === undefined || max_backoff >= backoff, {
    path: ['max_backoff'],
    error: 'must not be shorter than "backoff"'
  })
  .transform(({ attempts, backoff, max_backoff }) => ({
    attempts,
    backoffMilliseconds: backoff,
    // Who asks for a longer first wait means it.
    maxBackoffMilliseconds: max_backoff ?? Math.max(MAX_BACKOFF_MILLISECONDS, backoff)
  }))
  .describe('Try again when a call fails.')

export const DEFAULT_RETRY = {
  attempts: 1,
  backoffMilliseconds: 100,
  maxBackoffMilliseconds: MAX_BACKOFF_MILLISECONDS
} as const

export const timeoutSchema = option.duration({
  description: 'Longest time for one call, 30 s by default; 0 is no limit.'
})

export const DEFAULT_TIMEOUT_MILLISECONDS = 30_000

export const concurrencySchema = option.integer({
  min: 1,
  max: 1024,
  description: 'Calls under way at once, for asynchronous processors; 8 by default.'
})

export const DEFAULT_CONCURRENCY = 8

export const circuitBreakerSchema = z
  .strictObject({
    errors: option.integer({
      min: 1,
      max: 100_000,
      default: 50,
      description: 'It opens when so many lines have failed for good.'
    }),
    of: option.integer({ min: 1, max: 1_000_000, default: 100, description: 'Of so many of the last lines.' }),
    probe_every: option.duration({
      default: '30s',
      description: 'While it is open, one line is tried so often.'
    })
  })
  .refine(({ errors, of }) => errors <= of, { path: ['errors'], error: 'must not be more than "of"' })
  .transform(({ errors, of, probe_every }) => ({ errors, of, probeMilliseconds: Math.max(1, probe_every) }))
  .describe('Keep lines back while most of them fail and try one now and then; none by default.')

export const onErrorSchema = z
  .union(
    [
      z.enum(['dead_letter', 'drop', 'stop']),
      z.strictObject({ to: z.string().describe('Processor or sink that gets the line as it was before the step.') })
    ],
    { error: ON_ERROR_FORMS }
  )
  .describe('What happens to a line whose call fails for good; dead_letter by default.')

/** In the JSON Schema only: the tree is read by hand, so that every name comes out right. */
export const toSchema = z
  .union([z.string(), z.record(z.string(), z.string())])
  .describe('Where lines go: the name of a processor or sink, or one for each tag.')

export const limitsSchema = z
  .strictObject({
    max_line_bytes: option.bytes({
      min: 1,
      // A string of V8 holds 24 characters less than 512 Mi.
      max: '511MiB',
      default: '1MiB',
      description: 'Longer lines become dead letters.'
    }),
    max_hops: option.integer({
      min: 1,
      max: 1_000_000,
      default: 64,
      description: 'Visits of processors by one line; beyond, it becomes a dead letter.'
    }),
    max_descendants: option.integer({
      min: 1,
      max: 100_000_000,
      default: 100_000,
      description: 'Lines that one entering line may be forked into.'
    }),
    max_descendant_bytes: option.bytes({
      min: 1,
      default: '64MiB',
      description: 'Bytes that the lines forked from one may hold together.'
    })
  })
  .transform(limits => ({
    maxLineBytes: limits.max_line_bytes,
    maxHops: limits.max_hops,
    maxDescendants: limits.max_descendants,
    maxDescendantBytes: limits.max_descendant_bytes
  }))
  .describe('Bounds that keep one line from taking everything.')

export const durabilitySchema = z
  .enum(['full', 'fast'], { error: 'must be full or fast' })
  .default('full')
  .describe(
    'full: what a checkpoint tells of is on the disk. fast: nothing is waited for; when the machine (not only the process) goes down, the newest lines may be lost.'
  )

export const deadLettersSchema = z
  .strictObject({
    max_bytes: option.bytes({
      min: 1024 * 1024,
      default: '1GiB',
      description: 'Bytes that the dead letters may take.'
    }),
    when_full: z
      .enum(['pause', 'drop_oldest'], { error: 'must be pause or drop_oldest' })
      .default('pause')
      .describe(
        'At max_bytes. pause: no line is read until there is room. drop_oldest: the oldest letters are removed.'
      )
  })
  .transform(letters => ({ maxBytes: letters.max_bytes, whenFull: letters.when_full }))
  .describe('How much is kept of the lines that failed for good.')

export const journeysSchema = z
  .strictObject({
    per_second: option.integer({
      min: 0,
      max: 100_000,
      default: 200,
      description: 'Journeys that are kept in a second.'
    }),
    bytes_per_second: option.bytes({ min: 0, max: '1GiB', default: '2MiB', description: 'What these may take.' }),
    failure_share: z
      .number({ error: 'must be a number from 0 to 1' })
      .min(0, { error: 'must be from 0 to 1' })
      .max(1, { error: 'must be from 0 to 1' })
      .default(0.5)
      .describe('Of both, for lines that failed alone; the rest is for all other lines alone.'),
    same_error_per_second: option.integer({
      min: 1,
      max: 100_000,
      default: 5,
      description: 'Of lines that failed with the same message at the same step.'
    }),
    slow_over: option
      .duration({ description: 'A line that took longer is kept. Without it: longer than 99 % of its path.' })
      .optional(),
    rare_below: option.integer({
      min: 0,
      max: 1_000_000,
      default: 5,
      description: 'So many of the first lines on each path.'
    }),
    forks_over: option.integer({
      min: 1,
      max: 100_000_000,
      default: 8,
      description: 'A line that became more lines than this is kept.'
    }),
    hops_over: option.integer({
      min: 1,
      max: 1_000_000,
      default: 16,
      description: 'Lines that visited more than this say so.'
    }),
    sample_every: option.duration({
      min: '1ms',
      default: '1s',
      description: 'One line of each path so often, and one of the lines that each processor drops.'
    }),
    max_value_bytes: option.bytes({ min: 16, max: '32KiB', default: '4KiB', description: 'Of one value.' }),
    max_bytes: option.bytes({ min: '24KiB', max: '64KiB', default: '32KiB', description: 'Of one journey.' }),
    keep_when: option.condition({ description: 'Lines that are kept always, as they entered.' }).optional(),
    drop_when: option.condition({ description: 'Lines that are never kept, as they entered.' }).optional(),
    dry_run: z
      .boolean({ error: 'must be true or false' })
      .default(false)
      .describe('Decide and count, and keep nothing.')
  })
  .transform(journeys => ({
    journeysPerSecond: journeys.per_second,
    bytesPerSecond: journeys.bytes_per_second,
    failureShare: journeys.failure_share,
    sameErrorPerSecond: journeys.same_error_per_second,
    slowMilliseconds: journeys.slow_over,
    rareLines: journeys.rare_below,
    forksOver: journeys.forks_over,
    hopsOver: journeys.hops_over,
    sampleMilliseconds: journeys.sample_every,
    maxValueBytes: journeys.max_value_bytes,
    maxBytes: journeys.max_bytes,
    keepWhen: journeys.keep_when,
    dropWhen: journeys.drop_when,
    dryRun: journeys.dry_run
  }))
  .describe('Which journeys are kept with times and values when a run traces.')

export const storeSchema = z
  .strictObject({
    max_bytes: option.bytes({
      min: '8MiB',
      default: '256MiB',
      description: 'What the database of what is looked at may take: the oldest journeys and letters of the index go.'
    }),
    max_age: option
      .duration({
        min: '1m',
        description: 'Journeys and groups of errors that are older go. Without it they stay while there is room.'
      })
      .optional()
  })
  .transform(store => ({ maxBytes: store.max_bytes, maxAgeMilliseconds: store.max_age }))
  .describe('How much is kept of what people look at. No line depends on it.')

export const redactionSchema = z
  .strictObject({
    presets: z
      .array(z.enum(REDACTION_PRESETS, { error: `must be one of ${REDACTION_PRESETS.join(', ')}` }))
      .default([...REDACTION_PRESETS])
      .describe('Kinds of values that are masked, all of them by default; [] is none.'),
    patterns: z
      .array(option.pattern({ description: 'What it matches is masked.' }))
      .max(100, { error: 'must be at most 100 patterns' })
      .default([])
      .describe('Regular expressions of your own.'),
    payloads: z
      .enum(['on', 'off'], { error: 'must be on or off' })
      .default('on')
      .describe('off: of lines, values and messages of errors only the length and a hash are shown.')
  })
  .transform(({ presets, patterns, payloads }) => ({ presets, patterns, showsPayloads: payloads === 'on' }))
  .describe('What is masked wherever lines and errors are shown. The output of the pipeline is not touched.')

export const PIPELINE_KEYS: readonly string[] = [
  'source',
  'entry',
  'processors',
  'sinks',
  'limits',
  'dead_letters',
  'journeys',
  'durability',
  'redaction',
  'store'
]

/** Keys that every processor may have beside its built-in or `use`. */
export const COMMON_KEYS: readonly string[] = ['to', 'retry', 'timeout', 'concurrency', 'on_error', 'circuit_breaker']
