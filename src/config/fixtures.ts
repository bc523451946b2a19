// For the tests of this room: a small registry of real definitions, temporary folders, and a pipeline's problems as text.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { TestContext } from 'node:test'

import { z } from 'zod'

import { UserErrors } from '../base/user-error.ts'
import type { Plan } from '../engine/plan.ts'
import { option } from '../sdk/options.ts'
import { defineProcessor, type ProcessorDefinition } from '../sdk/processor.ts'
import type { Registry } from '../sdk/registry.ts'
import { defineSink } from '../sdk/sink.ts'
import { defineSource } from '../sdk/source.ts'
import { type LoadedPlan, type LoadPlanOptions, loadPlan } from './load-plan.ts'

const route = defineProcessor({
  name: 'route',
  summary: 'Sends each line where the first rule that holds says.',
  options: z
    .array(z.strictObject({ when: option.condition().optional(), to: z.string().min(1).describe('Tag.') }))
    .min(1),
  emits: rules => rules.map(({ to }) => to),
  warnings: rules => (rules.some(({ when }) => when === undefined) ? [] : ['lines that match no rule are dropped']),
  create: rules => (line, emit) => emit(rules[0].to, line)
})

const filter = defineProcessor({
  name: 'filter',
  summary: 'Keeps lines for which a condition holds.',
  options: z.strictObject({ when: option.condition({ description: 'Lines to keep.' }) }),
  create: () => line => line
})

const delay = defineProcessor({
  name: 'delay',
  summary: 'Waits.',
  options: z.strictObject({
    ms: option.integer({ min: 0, max: 1000, description: 'Milliseconds.' }),
    mode: z.enum(['exact', 'random']).default('exact'),
    block: z.boolean().default(false)
  }),
  create: () => line => line
})

/** Options of many kinds, for messages about them. */
const sample = defineProcessor({
  name: 'sample',
  summary: 'Keeps some lines.',
  options: z.strictObject({
    rate: z.number().gt(0).lte(1).optional(),
    keys: z.array(z.string().min(2)).max(3).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    pattern: z.string().regex(/^a/).optional(),
    by: z.union([z.string(), z.strictObject({ field: z.string(), depth: z.number() })]).optional(),
    every: option.duration().optional(),
    check: z
      .string()
      .refine(value => value !== 'bad', 'is bad.')
      .optional()
  }),
  create: () => line => line
})

const count = defineProcessor({ name: 'count', summary: 'Counts lines.', emits: [], create: () => () => {} })
const split = defineProcessor({
  name: 'split',
  summary: 'Emits halves.',
  emits: ['left', 'right'],
  create: () => (line, emit) => emit('left', line)
})
const tagged = defineProcessor({
  name: 'tagged',
  summary: 'Emits one tag.',
  emits: ['done'],
  create: () => (line, emit) => emit('done', line)
})
const uppercase = defineProcessor({
  name: 'uppercase',
  summary: 'Upper case.',
  create: () => line => line.toUpperCase()
})
const trim = defineProcessor({ name: 'trim', summary: 'No outer spaces.', create: () => line => line.trim() })

const fileSource = defineSource({
  name: 'file',
  summary: 'Reads files.',
  options: z
    .strictObject({
      path: z.string().min(1).optional(),
      paths: z.array(z.string().min(1)).min(1).optional(),
      follow: z.boolean().default(false)
    })
    .refine(({ path, paths }) => (path === undefined) !== (paths === undefined), 'give either path or paths'),
  readBy: 'lane',
  isEndless: ({ follow }) => follow,
  open: () => assert.fail('no test of this room reads')
})

const stdinSource = defineSource({
  name: 'stdin',
  summary: 'Reads stdin.',
  options: z.strictObject({}),
  readBy: 'main',
  isEndless: () => false,
  open: () => assert.fail('no test of this room reads')
})

const fileSink = defineSink({
  name: 'file',
  summary: 'Writes a file.',
  options: z.strictObject({ path: z.string().min(1), token: z.string().optional() }),
  file: ({ path }, baseFolder) => resolve(baseFolder, path),
  open: () => assert.fail('no test of this room writes')
})

const plainSinks = ['stdout', 'discard'].map(name =>
  defineSink({
    name,
    summary: `Writes to ${name}.`,
    options: z.strictObject({}),
    open: () => assert.fail('no test of this room writes')
  })
)

export const registry: Registry = {
  processors: byName<ProcessorDefinition>([route, filter, delay, sample, count, split, tagged, uppercase, trim]),
  sources: byName([fileSource, stdinSource] as never),
  sinks: byName([fileSink, ...plainSinks] as never)
}

function byName<Definition extends { readonly name: string }>(
  definitions: readonly Definition[]
): Map<string, Definition> {
  return new Map(definitions.map(definition => [definition.name, definition]))
}

/** An empty folder that is gone after the test; `files` maps paths in it to their content. */
export function temporaryFolder(t: TestContext, files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'linescope-config-')))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** Names of all nodes by id. */
export function namesOf(plan: Plan): string[] {
  return [...plan.processors, ...plan.sinks].map(({ name }) => name)
}

type Options = Partial<LoadPlanOptions>

export function load(source: string | undefined, options: Options = {}): Promise<LoadedPlan> {
  return loadPlan({
    file: 'pipeline.yaml',
    registry,
    currentFolder: '/nowhere',
    environment: {},
    ...(source === undefined ? {} : { source }),
    ...options
  })
}

export async function planOf(source: string | undefined, options: Options = {}): Promise<Plan> {
  return (await load(source, options)).plan
}

/** Every problem as the user sees it. Fails when the pipeline is right. */
export async function problemsOf(source: string | undefined, options: Options = {}): Promise<string[]> {
  let loaded: LoadedPlan
  try {
    loaded = await load(source, options)
  } catch (error) {
    assert.ok(error instanceof UserErrors, `not a UserErrors: ${error instanceof Error ? error.stack : String(error)}`)
    return error.errors.map(String)
  }
  return assert.fail(`no problem was found; warnings: ${loaded.plan.warnings.join(', ')}`)
}

/** A pipeline with a source and one file sink `end` around these processors, which begin in line 2. */
export function withEnd(processors: string): string {
  return `source: { stdin: {} }\n${processors}\nsinks: { end: { file: { path: out.log } } }\n`
}
