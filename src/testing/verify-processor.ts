// What every processor has to keep to, whatever it does. One call in its test shows that it does.

import assert from 'node:assert/strict'

import { z } from 'zod'

import type { LineValue, ProcessorDefinition } from '../sdk/index.ts'
import { measureKeptText } from './kept-text.ts'
import { type ProcessorRun, ProcessorRunner, type RunSettings, runProcessor } from './run-processor.ts'

export interface VerifySettings extends RunSettings {
  /** Lines that it handles, for the check of what it keeps: different ones, as real lines are. Default: log lines. */
  readonly lineAt?: (index: number) => string
}

/** Lines that programs stumble over. A processor may fail on them, but only in the ways that the engine knows. */
export const ODD_LINES: readonly string[] = [
  '',
  ' ',
  '\t',
  '\0',
  'a\0b',
  '\r',
  'caf\u00e9 cafe\u0301',
  '\u2028\u2029\u0085',
  '\ufeff',
  '\ud800',
  '\udc00\ud800',
  '👩‍👩‍👧 😀',
  'İıßŉǅ ΑΣ',
  '__proto__',
  '{"__proto__":1}',
  '[1,2',
  'null',
  `${'long '.repeat(200_000)}end`
]

const ODD_RECORDS: readonly LineValue[] = [
  {},
  [],
  JSON.parse('{"__proto__":{"a":1},"constructor":1,"":null}') as LineValue,
  { deep: [[{ deeper: '\ud800' }]] }
]

/** Throws an AssertionError that says which promise is broken. */
export async function verifyProcessor(definition: ProcessorDefinition, settings: VerifySettings = {}): Promise<void> {
  verifyDescription(definition)
  verifyOptions(definition)
  await verifyCalls(definition, settings)
  await verifyState(definition, settings)
  if ((definition.accepts ?? 'text') !== 'record') await verifyKeptText(definition, settings)
}

function verifyDescription({ name, summary }: ProcessorDefinition): void {
  assert.match(name, /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/, `the name "${name}" is not in kebab-case or snake_case`)
  assert.match(summary, /^[A-Z].*\.$/s, `the summary of "${name}" is not a sentence`)
}

interface JsonSchema {
  readonly description?: string
  readonly properties?: Record<string, JsonSchema>
  readonly items?: JsonSchema
}

function verifyOptions({ name, options }: ProcessorDefinition): void {
  if (options === undefined) return
  const json = z.toJSONSchema(options, { target: 'draft-07', io: 'input' }) as JsonSchema
  const fields = { ...json.properties, ...json.items?.properties }
  for (const [key, field] of Object.entries(fields)) {
    assert.ok(field.description, `the option "${key}" of "${name}" has no description`)
  }
}

async function verifyCalls(definition: ProcessorDefinition, settings: VerifySettings): Promise<void> {
  const { name } = definition
  const accepts = definition.accepts ?? 'text'
  const lines = [
    ...(accepts === 'record' ? [] : ODD_LINES),
    ...(accepts === 'text' ? [] : structuredClone(ODD_RECORDS))
  ]
  const run: ProcessorRun = await runProcessor(definition, lines, settings)
  for (const { tag } of run.unmatched)
    assert.fail(`"${name}" emitted under the tag "${tag}", which it does not declare`)
  for (const { error, lineNumber } of run.errors) {
    assert.ok(
      error instanceof Error,
      `"${name}" threw no Error for ${JSON.stringify(lines[lineNumber - 1])?.slice(0, 80)}`
    )
    const isChange = error instanceof TypeError && /read only|not extensible|Cannot (delete|assign)/.test(error.message)
    assert.ok(!isChange, `"${name}" changes the record that it is given: ${error.message}`)
  }
  assert.equal(run.lateEmissions, 0, `"${name}" emitted after its call had settled`)
}

async function verifyState(definition: ProcessorDefinition, settings: VerifySettings): Promise<void> {
  const { name } = definition
  const { instance } = await ProcessorRunner.create(definition, settings)
  const hasBoth = (instance.snapshot === undefined) === (instance.restore === undefined)
  assert.ok(hasBoth, `"${name}" has only one of snapshot and restore`)
  if (instance.snapshot === undefined) return
  const state: unknown = instance.snapshot()
  const json = JSON.stringify(state) ?? 'null'
  assert.deepEqual(JSON.parse(json), state, `the state of "${name}" does not survive being written as JSON`)
  const other = (await ProcessorRunner.create(definition, settings)).instance
  other.restore?.(JSON.parse(json))
  assert.deepEqual(other.snapshot?.(), state, `"${name}" does not restore the state that it had`)
}

async function verifyKeptText(definition: ProcessorDefinition, settings: VerifySettings): Promise<void> {
  const lineAt = settings.lineAt ?? (index => `2025-01-01T00:00:00Z host app[${index}]: WARN this is line ${index}`)
  const { keptBatches, batches, isLeak } = await measureKeptText(definition, lineAt, settings)
  assert.ok(
    !isLeak,
    `"${definition.name}" keeps slices of its lines and with them about ${keptBatches} of ${batches} batches in memory: ` +
      'keep flatCopy(text) instead'
  )
}
