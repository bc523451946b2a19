import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { canonicalJson } from './config-hash.ts'
import { planOf, temporaryFolder, withEnd } from './fixtures.ts'

const SOURCE = withEnd('processors: { start: { use: ./code.mjs, to: end, timeout: 1s } }')
const CODE = { 'code.mjs': 'export default line => line' }

async function hashOf(source: string, currentFolder: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  return (await planOf(source, { currentFolder, environment })).configHash
}

test('the hash is the same for the same pipeline in another folder or in another way of writing', async t => {
  const hash = await hashOf(SOURCE, temporaryFolder(t, CODE))

  assert.match(hash, /^[0-9a-f]{16}$/)
  assert.equal(await hashOf(SOURCE, temporaryFolder(t, CODE)), hash)
  assert.equal(
    await hashOf(
      `# a comment\n${SOURCE.replace('to: end, timeout: 1s', 'timeout: 1000ms, to: "end"')}`,
      temporaryFolder(t, CODE)
    ),
    hash
  )
})

test('the hash changes with everything that changes what the pipeline does', async t => {
  const folder = temporaryFolder(t, CODE)
  const hashes = new Set([
    await hashOf(SOURCE, folder),
    await hashOf(SOURCE.replace('1s', '2s'), folder),
    await hashOf(SOURCE.replaceAll('start', 'begin'), folder),
    await hashOf(SOURCE.replace('out.log', 'other.log'), folder),
    await hashOf(`${SOURCE}limits: { max_hops: 3 }`, folder),
    await hashOf(SOURCE.replace('to: end', 'to: end, on_error: drop'), folder)
  ])
  assert.equal(hashes.size, 6)

  const changed = temporaryFolder(t, { 'code.mjs': 'export default line => line + 1' })
  assert.equal(hashes.has(await hashOf(SOURCE, changed)), false)
})

test('the hash does not change with how much is kept for looking at', async t => {
  const folder = temporaryFolder(t, CODE)
  assert.equal(await hashOf(`${SOURCE}\nstore: { max_bytes: 8MiB, max_age: 7d }`, folder), await hashOf(SOURCE, folder))
})

test('the hash changes when a module that is used changes, though Node still has the old one in memory', async t => {
  const folder = temporaryFolder(t, CODE)
  const before = await hashOf(SOURCE, folder)
  writeFileSync(join(folder, 'code.mjs'), 'export default line => line.trim()')

  assert.notEqual(await hashOf(SOURCE, folder), before)
})

test('the hash changes with a secret, but the secret is in it only as a slow digest', async t => {
  const folder = temporaryFolder(t, CODE)
  const source = SOURCE.replace('out.log', '"${NAME}.log"')
  const one = await hashOf(source, folder, { NAME: 'one' })
  const two = await hashOf(source, folder, { NAME: 'two' })

  assert.notEqual(one, two)
  assert.equal(await hashOf(source, folder, { NAME: 'one' }), one)
  assert.notEqual(one, await hashOf(source.replace('${NAME}', 'one'), folder))
})

test('canonical JSON has sorted keys and room for what JSON cannot hold', () => {
  const value = { b: [1, 'x', null, true], a: { d: undefined, c: /x/g }, m: new Map([[1, 2]]), f: () => 1 }

  assert.equal(
    canonicalJson(value, text => text.toUpperCase()),
    '{"a":{"c":"/X/G"},"b":[1,"X",null,true],"f":"() => 1","m":[[1,2]]}'
  )
})
