// The schema that editors read: committed as it is printed, named by every pipeline of the examples, true to them.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'

import { linescope, ROOT } from '../e2e/support/cli.ts'

const EXAMPLES = join(ROOT, 'examples')
const SCHEMA = join(EXAMPLES, 'pipeline.schema.json')
const PIPELINES = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' }).filter(path => /\.ya?ml$/.test(path))

test('the committed schema is the one that `linescope schema` prints', async t => {
  const { stdout, stderr, code } = await linescope(t, ['schema'])
  assert.equal(code, 0, stderr)

  const hint = 'run linescope schema > examples/pipeline.schema.json, then npm run format'
  assert.deepEqual(JSON.parse(readFileSync(SCHEMA, 'utf8')), JSON.parse(stdout.toString()), hint)
})

test('every pipeline of the examples names it in its first line', () => {
  assert.ok(PIPELINES.length > 0)
  for (const path of PIPELINES) {
    const [first = ''] = readFileSync(join(EXAMPLES, path), 'utf8').split('\n', 1)
    const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)$/.exec(first) ?? []
    assert.equal(resolve(EXAMPLES, dirname(path), named), SCHEMA, path)
  }
})
