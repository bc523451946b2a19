// Replays at full length: many kills, and a million lines of which ten thousand are poison.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { linescope, makeFolder } from './support/cli.ts'
import { ALONE } from './support/pipelines.ts'
import { assertOutputs, inputOf, jsonLines, killAndResume, replay, replayFolder, runBroken } from './support/replays.ts'

test('a replay of 10,000 letters is killed 50 times, and each goes through once [J7]', {
  timeout: 900_000
}, async t => {
  const input = inputOf(50_000)
  const found = replayFolder(t, input)
  await runBroken(found)
  const kills = await killAndResume(found, t, 50, 1_500)
  assert.ok(kills >= 30, `only ${kills} were killed in the middle`)
  assertOutputs(found, input)
  const { state, total, done, delivered, dropped, dead } = found.replay(1)
  assert.deepEqual(
    { state, total, done, delivered, dropped, dead },
    { state: 'done', total: 10_000, done: 10_000, delivered: 5000, dropped: 2500, dead: 2500 }
  )
  assert.equal(found.letters().length, 2500)
})

test('the harness sees a letter that went through twice', async t => {
  const input = inputOf(2000)
  const found = replayFolder(t, input)
  await runBroken(found)
  const before = join(found.folder, 'before')
  copyFileSync(join(found.folder, 'out.log'), before)
  await replay(found, '--all')
  assertOutputs(found, input)
  // The control: as if the outputs had not been cut back before the letters went in again.
  const twice = readFileSync(join(found.folder, 'out.log')).subarray(statSync(before).size)
  writeFileSync(join(found.folder, 'out.log'), Buffer.concat([readFileSync(join(found.folder, 'out.log')), twice]))
  assert.throws(() => assertOutputs(found, input))
})

const LINES = 1_000_000
const POISON_EVERY = 100

test('10,000 poison lines of 12 kinds among 1,000,000: all replayed after a fix, 1,000,000 lines out', {
  timeout: 600_000
}, async t => {
  const kinds = ['', ' ', '\\', '"', 'ä', '🦉', '\u2028', '\x00', '\x1b[31m', '{}', '<b>', 'x'.repeat(5000)]
  const lines = Array.from({ length: LINES }, (_, index) =>
    index % POISON_EVERY === 0 ? `poison ${kinds[(index / POISON_EVERY) % kinds.length]} ${index}` : `fine ${index}`
  )
  const text = `${lines.join('\n')}\n`
  const module = `
    import { existsSync } from 'node:fs'
    import { defineProcessor } from 'linescope'
    const isBroken = existsSync('broken')
    export const check = defineProcessor({
      name: 'check', summary: 'Fails at poison while it is broken.', emits: ['end'],
      create: () => (line, emit) => {
        if (isBroken && line.startsWith('poison')) throw new Error('poison')
        emit('end', line)
      }
    })`
  const pipeline =
    'source: { file: { path: in.log } }\nprocessors:\n  check: { use: ./work.ts#check }\nsinks:\n  end: { file: { path: out.log } }\n'
  const folder = makeFolder(t, { 'in.log': text, 'work.ts': module, 'pipeline.yaml': pipeline, broken: '' })
  const options = { cwd: folder }
  const ran = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--json'], options)
  assert.equal(ran.code, 0, ran.stderr)

  const poison = lines.filter(line => line.startsWith('poison'))
  const exported = await linescope(t, ['dlq', 'export', 'pipeline.yaml', '--format', 'lines'], options)
  assert.equal(sha256(exported.stdout), sha256(`${poison.join('\n')}\n`))

  rmSync(join(folder, 'broken'))
  const done = await linescope(t, ['replay', 'pipeline.yaml', '--all', '--yes', '--json'], options)
  assert.equal(done.code, 0, done.stderr)
  const [{ state, total, delivered }] = jsonLines<{ state: string; total: number; delivered: number }>(done.stdout)
  assert.deepEqual({ state, total, delivered }, { state: 'done', total: poison.length, delivered: poison.length })

  const fine = lines.filter(line => !line.startsWith('poison'))
  const output = readFileSync(join(folder, 'out.log'))
  assert.equal(sha256(output), sha256(`${[...fine, ...poison].join('\n')}\n`))
  assert.equal(output.toString('latin1').split('\n').length - 1, LINES)
  const left = await linescope(t, ['dlq', 'ls', 'pipeline.yaml', '--json'], options)
  assert.equal(left.stdout.length, 0)
})

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
