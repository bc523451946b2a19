// The reference documents say what the code says.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { ROOT } from '../../scripts/binary.ts'
import { readApiDocument } from '../../scripts/reference/answers.ts'
import { references } from '../../scripts/write-reference.ts'
import { builtins } from '../../src/builtins.ts'
import { PIPELINE_KEYS } from '../../src/config/schema.ts'
import { compileCondition } from '../../src/sdk/index.ts'
import { blocksOf, readDocument } from './support/documents.ts'

test('what is generated in the documents is what the code makes today', async () => {
  for (const [path, text] of await references()) {
    assert.equal(readDocument(path), text, `${path} is behind: run npm run docs`)
  }
})

test('every built-in and every key of a pipeline is told of', () => {
  const connectors = readDocument('docs/connectors.md')
  for (const name of builtins.processors.keys()) assert.match(readDocument('docs/processors.md'), heading(name))
  for (const name of builtins.sources.keys()) assert.match(connectors, heading(`Source \`${name}\``))
  for (const name of builtins.sinks.keys()) assert.match(connectors, heading(`Sink \`${name}\``))
  for (const key of PIPELINE_KEYS) assert.ok(readDocument('docs/pipeline.md').includes(`| \`${key}\` |`), key)
})

test('every path of /openapi.json is told of, and of those that answer with data every field', async () => {
  const { paths } = await readApiDocument()
  const document = readDocument('docs/http.md')
  for (const path of Object.keys(paths)) {
    assert.ok(document.includes(`| \`${path}\` |`), path)
    const isProbe = path === '/livez' || path === '/readyz'
    // They have documents of their own.
    const isText = path === '/metrics' || path === '/api/v1/stream'
    // They answer with the replay, as it is told of by its own path.
    const isVerb = path.startsWith('/api/v1/replay/{replay}/')
    assert.equal(document.includes(`<!-- generated: ${path} -->`), !isProbe && !isText && !isVerb, path)
  }
})

test('the conditions that are shown are conditions', () => {
  const shown = blocksOf('docs/pipeline.md').flatMap(({ text }) => text.match(/^when: .*$/gm) ?? [])
  assert.ok(shown.length > 0)
  for (const line of shown) compileCondition(line.slice('when: '.length))
})

test('every example is in the list of examples', () => {
  const list = readDocument('examples/README.md')
  const folders = readdirSync(join(ROOT, 'examples'), { withFileTypes: true }).filter(entry => entry.isDirectory())
  for (const { name } of folders.filter(({ name }) => !name.startsWith('.'))) {
    assert.match(list, new RegExp(`^\\| \\[${name}\\]\\(${name}/`, 'm'))
  }
})

function heading(text: string): RegExp {
  return new RegExp(`^##+ ${text}$`, 'm')
}
