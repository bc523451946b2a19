// Input that is too much of something: keys, tags, files, or zeros that came out of a few bytes.

import assert from 'node:assert/strict'
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'

import type { Paths } from '../../src/contract/paths.ts'
import { getText, reportOf, statsWhen } from './support/answers.ts'
import { Cli, type Ended, LINESCOPE, linescope, makeFolder, start } from './support/cli.ts'
import { peakMemory } from './support/memory.ts'
import { ALONE, PASS_FILES, pipelineOf } from './support/pipelines.ts'

const MEBIBYTE = 2 ** 20

test('a few bytes that unpack to one endless line are one dead letter, in little memory [B1 B8]', async t => {
  const bomb = Buffer.concat([
    gzipSync(Buffer.alloc(64 * MEBIBYTE)),
    gzipSync(Buffer.alloc(64 * MEBIBYTE)),
    gzipSync('\nafter\n')
  ])
  assert.ok(bomb.length < MEBIBYTE / 4)
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': bomb })
  const cli = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  const peak = await peakMemory(cli)
  const ended = await cli.end()
  assert.equal(ended.code, 0, ended.stderr)
  const { ledger } = reportOf(ended)
  assert.deepEqual([ledger.entered, ledger.delivered, ledger.dead], [2, 1, 1])
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'after\n')
  assert.ok(peak < 350 * MEBIBYTE, `${peak} bytes`)
})

test('JSON with a hundred thousand keys, or a million items, goes through and back [A20]', async t => {
  const record = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key ${index}`, index]))
  const lines = [
    record,
    { items: Array.from({ length: 1_000_000 }, (_, index) => index % 10) },
    { text: 'x'.repeat(900 * 1024) }
  ]
  const content = lines.map(line => `${JSON.stringify(line)}\n`).join('')
  const folder = makeFolder(t, {
    'pipeline.yaml': `limits: { max_line_bytes: 16MiB }\nentry: step\n${pipelineOf('{ parse_json: {}, to: back }\n  back: { to_json: {}, to: end }')}`,
    'in.log': content
  })
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  assert.ok(readFileSync(join(folder, 'out.log')).equals(Buffer.from(content)), 'the output differs')
})

test('twenty thousand tags that come from data are twenty thousand unmatched lines, and no more names [A26]', async t => {
  const count = 20_000
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf('{ use: ./tag.ts#tag, to: end }'),
    'tag.ts': `
import { defineProcessor } from 'linescope'
export const tag = defineProcessor({
  name: 'tag', summary: 'Sends each line under itself.', emits: ['end'],
  create: () => (line, emit) => emit(line as never, line)
})`,
    'in.log': Array.from({ length: count }, (_, index) => `tag ${index}\n`).join('')
  })
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  const { ledger, processors } = reportOf(ended)
  assert.deepEqual([ledger.entered, ledger.unmatched, processors.length], [count, count, 1])
})

test('a hundred thousand ways that come from data are told apart as far as there is room, and counted all [A26]', async t => {
  const count = 100_000
  const bits = 17
  const folder = makeFolder(t, {
    'pipeline.yaml': `
source: { file: { path: in.log } }
entry: zero
processors:
  zero: { use: ./walk.ts#walk }
  one: { use: ./walk.ts#walk }
sinks:
  end: { file: { path: out.log } }
`,
    'walk.ts': `
import { defineProcessor } from 'linescope'
export const walk = defineProcessor({
  name: 'walk', summary: 'Goes where the first digit says.', emits: ['zero', 'one', 'end'],
  create: () => (line, emit) => {
    if (line === '') emit('end', line)
    else emit(line[0] === '1' ? 'one' : 'zero', line.slice(1))
  }
})`,
    'in.log': Array.from({ length: count }, (_, index) => `${index.toString(2).padStart(bits, '0')}\n`).join('')
  })
  const cli = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
  const measured = peakMemory(cli)
  const url = await cli.url()
  await statsWhen(url, 'the end of the input', ({ state }) => state === 'finished')
  const paths: Paths = JSON.parse(await getText(url, '/api/v1/paths?limit=1000'))
  const shown = paths.paths.reduce((sum, { lines }) => sum + lines, 0)
  assert.equal(shown + paths.other.lines, count)
  assert.ok(paths.distinct <= 65_536, `${paths.distinct} ways`)
  assert.ok(paths.overflowed > 0, JSON.stringify(paths.other))
  cli.process.kill('SIGTERM')
  const peak = await measured
  assert.ok(peak < 500 * MEBIBYTE, `${peak} bytes`)
})

async function withLimits(t: TestContext, folder: string, limits: string, ...args: string[]): Promise<Ended> {
  const script = `${limits} && exec "$0" "$@"`
  const command = ['-c', script, process.execPath, LINESCOPE, 'run', 'pipeline.yaml', ...ALONE, ...args]
  const cli = new Cli('/bin/sh', command, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => cli.process.kill('SIGKILL'))
  return await cli.end()
}

test('three hundred files are read where a hundred may be open at once [C13]', async t => {
  const folder = makeFolder(t, PASS_FILES)
  for (let number = 0; number < 300; number++) writeFileSync(join(folder, `${number}.log`), `${number}\n`)
  const ended = await withLimits(t, folder, 'ulimit -n 100', '-i', '*.log')
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(reportOf(ended).ledger.delivered, 300)
})

test('with 64 MiB of heap a hundred thousand lines go through [G5]', async t => {
  const content = Array.from({ length: 100_000 }, (_, index) => `line ${index} of many\n`).join('')
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': content })
  const env = { NODE_OPTIONS: '--max-old-space-size=64' }
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--trace'], { cwd: folder, env })
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), content)
})

test('a file of 5 GiB of holes is one dead letter, and what follows it comes out [A13 C21]', async t => {
  const folder = makeFolder(t, PASS_FILES)
  const file = openSync(join(folder, 'in.log'), 'w')
  const size = 5 * 2 ** 30
  ftruncateSync(file, size)
  writeSync(file, '\nafter\n', size)
  closeSync(file)
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'after\n')
  const [letter] = (await linescope(t, ['dlq', 'ls', 'pipeline.yaml', '--json'], { cwd: folder })).stdout
    .toString()
    .split('\n')
  const { line_bytes: lineBytes } = JSON.parse(letter ?? '')
  assert.ok(lineBytes === size || lineBytes === size + 1, `${lineBytes} bytes`)
})
