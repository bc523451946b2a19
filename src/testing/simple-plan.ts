// A plan as short as a test can say it; what is not said has the default of a pipeline file.

import type {
  CircuitBreakerPlan,
  InlineFunction,
  JourneysPlan,
  LimitsPlan,
  Plan,
  ProcessorPlan,
  RetryPlan
} from '../engine/plan.ts'
import type { ProcessorDefinition } from '../sdk/index.ts'

export interface SimpleProcessor {
  readonly use: ProcessorDefinition | InlineFunction
  readonly options?: unknown
  /** Where lines go: one name, or one for each tag. A tag that is not mapped goes to what has its name. */
  readonly to?: string | Readonly<Record<string, string>>
  readonly onError?: 'dead_letter' | 'drop' | 'stop' | { readonly to: string }
  readonly retry?: Partial<RetryPlan>
  readonly timeoutMilliseconds?: number
  readonly concurrency?: number
  readonly circuitBreaker?: CircuitBreakerPlan
}

export interface SimplePlanSettings {
  /** Default `['end']`. */
  readonly sinks?: readonly string[]
  /** Default: the first processor. */
  readonly entry?: string
  readonly limits?: Partial<LimitsPlan>
  readonly journeys?: Partial<JourneysPlan>
}

const MIB = 1024 * 1024

const JOURNEYS: JourneysPlan = {
  journeysPerSecond: 200,
  bytesPerSecond: 2 * MIB,
  failureShare: 0.5,
  sameErrorPerSecond: 5,
  slowMilliseconds: undefined,
  rareLines: 5,
  forksOver: 8,
  hopsOver: 16,
  sampleMilliseconds: 1_000,
  maxValueBytes: 4_096,
  maxBytes: 32_768,
  keepWhen: undefined,
  dropWhen: undefined,
  dryRun: false
}

/** Throws for a name that nothing has. */
export function simplePlan(
  processors: Readonly<Record<string, SimpleProcessor>>,
  settings: SimplePlanSettings = {}
): Plan {
  const sinks = settings.sinks ?? ['end']
  const names = [...Object.keys(processors), ...sinks]
  const idOf = (name: string): number => {
    const id = names.indexOf(name)
    if (id === -1) throw new Error(`nothing is named "${name}"`)
    return id
  }
  return {
    name: 'test',
    file: undefined,
    baseFolder: '.',
    configHash: '0000000000000000',
    source: { type: 'pieces', options: {}, readBy: 'lane', isEndless: false },
    entry: settings.entry === undefined ? 0 : idOf(settings.entry),
    processors: Object.entries(processors).map(([name, processor]) => processorPlan(name, processor, idOf)),
    sinks: sinks.map(name => ({ name, type: 'memory', options: {} })),
    limits: {
      maxLineBytes: MIB,
      maxHops: 64,
      maxDescendants: 100_000,
      maxDescendantBytes: 64 * MIB,
      ...settings.limits
    },
    deadLetters: { maxBytes: 1024 * MIB, whenFull: 'pause' },
    journeys: { ...JOURNEYS, ...settings.journeys },
    durability: 'full',
    warnings: []
  }
}

function processorPlan(name: string, processor: SimpleProcessor, idOf: (name: string) => number): ProcessorPlan {
  const { use, to, options = {}, onError = 'dead_letter' } = processor
  const emits = typeof use === 'function' ? undefined : use.emits
  const tags: readonly string[] = typeof emits === 'function' ? emits(options) : (emits ?? [])
  const target = emits === undefined && typeof to === 'string' ? idOf(to) : undefined
  return {
    name,
    component: { kind: 'inline', definition: use },
    options,
    tags: tags.map(tag => ({ tag, target: idOf(targetOf(tag, to)) })),
    target,
    isEnd: tags.length === 0 && target === undefined,
    retry: { attempts: 1, backoffMilliseconds: 1, maxBackoffMilliseconds: 10, ...processor.retry },
    timeoutMilliseconds: processor.timeoutMilliseconds ?? 30_000,
    concurrency: processor.concurrency ?? 8,
    onError: typeof onError === 'string' ? { kind: onError } : { kind: 'to', target: idOf(onError.to) },
    ...(processor.circuitBreaker === undefined ? {} : { circuitBreaker: processor.circuitBreaker })
  }
}

function targetOf(tag: string, to: SimpleProcessor['to']): string {
  if (typeof to === 'string') return to
  return to !== undefined && Object.hasOwn(to, tag) ? to[tag] : tag
}
