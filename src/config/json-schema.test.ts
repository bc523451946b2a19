import assert from 'node:assert/strict'
import { test } from 'node:test'

import { registry } from './fixtures.ts'
import { pipelineJsonSchema } from './json-schema.ts'

// Plain JSON: reading deep into it needs no types.
const schema = JSON.parse(JSON.stringify(pipelineJsonSchema(registry)))
const processor = schema.properties.processors.additionalProperties

test('the schema is draft 07 and refuses unknown keys at every level', () => {
  assert.equal(schema.$schema, 'http://json-schema.org/draft-07/schema#')
  assert.deepEqual(schema.required, ['processors'])
  assert.deepEqual(Object.keys(schema.properties), [
    '$schema',
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
  ])
  assert.equal(schema.additionalProperties, false)
  assert.equal(processor.additionalProperties, false)
  assert.equal(processor.properties.retry.additionalProperties, false)
})

test('every built-in is there with its summary and its options with their descriptions', () => {
  assert.deepEqual(Object.keys(processor.properties), [
    ...registry.processors.keys(),
    ...['use', 'options', 'to', 'retry', 'timeout', 'concurrency', 'on_error', 'circuit_breaker']
  ])
  assert.equal(processor.properties.delay.description, 'Waits.')
  const [delay] = processor.properties.delay.anyOf
  assert.equal(delay.properties.ms.description, 'Milliseconds.')
  assert.deepEqual(delay.required, ['ms'])
  assert.deepEqual(Object.keys(schema.properties.source.properties), ['file', 'stdin'])
  assert.deepEqual(Object.keys(schema.properties.sinks.anyOf[0].additionalProperties.properties), [
    'file',
    'stdout',
    'discard'
  ])
})

test('a processor has exactly one behaviour, a source exactly one system', () => {
  assert.deepEqual(
    processor.oneOf.map(({ required }: { required: string[] }) => required[0]),
    [...registry.processors.keys(), 'use']
  )
  assert.deepEqual(schema.properties.source.oneOf, [{ required: ['file'] }, { required: ['stdin'] }])
})

test('a variable may stand for a number, a truth value and one of several words', () => {
  const variable = { type: 'string', pattern: '\\$\\{[A-Za-z_]' }
  const [delay] = processor.properties.delay.anyOf

  assert.deepEqual(delay.properties.ms.anyOf, [{ type: 'integer', minimum: 0, maximum: 1000 }, variable])
  assert.deepEqual(delay.properties.mode, {
    default: 'exact',
    anyOf: [{ type: 'string', enum: ['exact', 'random'] }, variable]
  })
  assert.deepEqual(delay.properties.block.anyOf, [{ type: 'boolean' }, variable])
})
