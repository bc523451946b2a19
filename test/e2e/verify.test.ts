// `linescope verify` on what real runs have left.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { assertRefused } from './support/answers.ts'
import { type Ended, linescope, makeFolder, start } from './support/cli.ts'
import { ALONE, pipelineOf } from './support/pipelines.ts'

const FILES = {
  'pipeline.yaml': pipelineOf('{ use: ./step.ts#step, to: end }'),
  'step.ts': `export const step = (line: string) => { if (line === 'bad') throw new Error('no'); return line.toUpperCase() }`,
  'in.log': 'good\nbad\ngood\n'
}

async function afterARun(t: TestContext): Promise<{ folder: string; verify: (...args: string[]) => Promise<Ended> }> {
  const folder = makeFolder(t, FILES)
  const { code, stderr } = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(code, 0, stderr)
  return { folder, verify: (...args) => linescope(t, ['verify', ...args], { cwd: folder }) }
}

function stateFolderIn(folder: string): string {
  const [name = ''] = readdirSync(join(folder, '.linescope')).filter(entry => entry.startsWith('pipeline-'))
  return join(folder, '.linescope', name)
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] ^= 1
  writeFileSync(path, bytes)
}

test('verify finds a run whole that has come to its end, on lines of at most 80 columns', async t => {
  const { verify } = await afterARun(t)
  const { code, stdout, stderr } = await verify('pipeline.yaml')
  assert.deepEqual([code, stderr], [0, ''], stdout.toString())
  assert.match(stdout.toString(), /^ok {7}dead letters {4}1 whole letter in 1 file/m)
  for (const line of stdout.toString().split('\n')) assert.ok([...line].length <= 80, line)
  const json = JSON.parse((await verify('--json')).stdout.toString())
  assert.equal(json.is_whole, true)
  assert.equal(json.folders.length, 1)
})

test('verify exits 1 and names file and byte of what is damaged', async t => {
  const { folder, verify } = await afterARun(t)
  const log = join(stateFolderIn(folder), 'dead-letters', '000000000001.dll')
  flip(log, 40)
  const { code, stdout } = await verify('pipeline.yaml', '--json')
  assert.equal(code, 1)
  const json = JSON.parse(stdout.toString())
  const [damage] = json.folders[0].checks.filter(({ level }: { level: string }) => level === 'damage')
  assert.deepEqual([json.is_whole, damage.file, damage.byte], [false, log, 32])
  const text = (await verify('pipeline.yaml')).stdout.toString()
  assert.match(text, /^damage {3}dead letters/m)
  assert.match(text, /1 damaged place\.$/m)
})

test('verify says that an output was changed since it was committed', async t => {
  const { folder, verify } = await afterARun(t)
  writeFileSync(join(folder, 'out.log'), 'GOOD\nGOOF\n')
  const { code, stdout } = await verify('--state', join('.linescope', stateFolderIn(folder).split('/').at(-1)!))
  assert.equal(code, 1, stdout.toString())
  assert.match(stdout.toString(), /^damage {3}output end/m)
})

test('verify refuses while a run goes on, and where there is nothing', async t => {
  const folder = makeFolder(t, {
    ...FILES,
    'pipeline.yaml': pipelineOf('{ use: ./step.ts#step, to: end }', '{ stdin: {} }')
  })
  assertRefused(await linescope(t, ['verify', 'pipeline.yaml'], { cwd: folder }), /there is no state folder/)
  assertRefused(await linescope(t, ['verify', 'other.yaml'], { cwd: folder }), /there is no file "other\.yaml"/)
  const cli = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder, stdin: 'pipe' })
  await cli.url()
  const refused = await linescope(t, ['verify', 'pipeline.yaml'], { cwd: folder })
  assertRefused(refused, new RegExp(`a run is using .*process ${cli.pid}.*stop it first`))
})
