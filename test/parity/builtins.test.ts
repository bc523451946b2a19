import assert from 'node:assert/strict'
import { test } from 'node:test'

import { z } from 'zod'

import { builtins } from '../../src/builtins.ts'

test('every built-in stands under its own name, once', () => {
  assert.deepEqual([...builtins.processors.keys()].sort(), [
    'delay',
    'fail',
    'filter',
    'lowercase',
    'parse_json',
    'route',
    'snakecase',
    'to_json',
    'trim',
    'uppercase'
  ])
  assert.deepEqual([...builtins.sources.keys()].sort(), ['file', 'folder', 'generate', 'stdin'])
  assert.deepEqual([...builtins.sinks.keys()].sort(), ['discard', 'file', 'stdout'])
})

test('every built-in has a sentence about itself and options that an editor can be told of', () => {
  const all = [...builtins.processors.values(), ...builtins.sources.values(), ...builtins.sinks.values()]
  for (const { name, summary, options } of all) {
    assert.match(summary, /^[A-Z].*\.$/, name)
    if (options !== undefined) z.toJSONSchema(options, { target: 'draft-07', io: 'input' })
  }
})
