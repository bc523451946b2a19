// Processes that die or stand still, and states that are not what they were.

import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { reportOf, statsWhen } from './support/answers.ts'
import { Cli, LINESCOPE, linescope, makeFolder, start, until } from './support/cli.ts'
import { ALONE, PASS_FILES, pipelineOf } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const LINES = Array.from({ length: 1500 }, (_, index) => `line ${index}\n`).join('')
/** A millisecond a line, in the lane's thread. */
const SLOW_FILES = { 'pipeline.yaml': pipelineOf('{ delay: { ms: 1, block: true }, to: end }'), 'in.log': LINES }

function outputOf(folder: string): string {
  try {
    return readFileSync(join(folder, 'out.log'), 'utf8')
  } catch {
    return ''
  }
}

test('native code that crashes costs no line: the next start goes on [E3]', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf('{ use: ./abort.ts#abort, to: end }'),
    'abort.ts': `
import { existsSync, writeFileSync } from 'node:fs'
export function abort(line: string): string {
  if (line === 'line 1000' && !existsSync('aborted')) {
    writeFileSync('aborted', '')
    process.kill(process.pid, 'SIGSEGV')
  }
  return line
}`,
    'in.log': LINES
  })
  const died = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(died.signal, 'SIGSEGV', died.stderr)
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(outputOf(folder), LINES)
})

test('a process that is stopped for seconds and goes on gives up no line for want of time [E7 G2]', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf('{ use: ./wait.ts#wait, to: end, timeout: 1s }'),
    'wait.ts': `
import { setTimeout as sleep } from 'node:timers/promises'
export async function wait(line: string): Promise<string> { await sleep(20); return line }`,
    'in.log': LINES.slice(0, LINES.indexOf('line 500\n'))
  })
  const cli = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  await until('lines', () => outputOf(folder) !== '' || undefined)
  cli.process.kill('SIGSTOP')
  await sleep(IS_LONG ? 60_000 : 3_000)
  cli.process.kill('SIGCONT')
  const ended = await cli.end()
  assert.equal(ended.code, 0, ended.stderr)
  const { ledger } = reportOf(ended)
  assert.deepEqual([ledger.delivered, ledger.dead], [500, 0])
})

test('a state that was restored from an older copy is gone on with, exactly [F9]', async t => {
  const folder = makeFolder(t, SLOW_FILES)
  const state = join(folder, '.linescope')
  const copy = join(folder, 'copy')
  for (const count of [200, 500]) {
    const cli = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    await until('lines', () => outputOf(folder).split('\n').length > count || undefined)
    cli.process.kill('SIGTERM')
    const { code, stderr } = await cli.end()
    assert.equal(code, 143, stderr)
    if (count === 200) cpSync(state, copy, { recursive: true })
  }
  rmSync(state, { recursive: true })
  cpSync(copy, state, { recursive: true })
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(outputOf(folder), LINES)
})

test('an output with far more behind the checkpoint than a crash leaves is not cut unasked [F9]', async t => {
  const folder = makeFolder(t, SLOW_FILES)
  const cli = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  await until('lines', () => outputOf(folder).split('\n').length > 200 || undefined)
  cli.process.kill('SIGTERM')
  await cli.end()
  const output = join(folder, 'out.log')
  const before = readFileSync(output)
  truncateSync(output, before.length + 200 * 1024 ** 2)
  const asked = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(asked.code, 2, asked.stderr)
  assert.match(asked.stderr, /The checkpoint is older than the output "end".*--resume.*--fresh/s)
  assert.equal(statSync(output).size, before.length + 200 * 1024 ** 2)
  truncateSync(output, before.length)
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(outputOf(folder), LINES)
})

test('a run says when the one before it was killed [E12]', async t => {
  const folder = makeFolder(t, SLOW_FILES)
  const args = ['run', 'pipeline.yaml', '--port', '0', '--exit']
  const killed = start(t, args, { cwd: folder })
  await killed.url()
  await until('lines', () => outputOf(folder).split('\n').length > 100 || undefined)
  killed.process.kill('SIGKILL')
  await killed.end()
  const next = start(t, args, { cwd: folder })
  await next.says(new RegExp(`The run before this one \\(process ${killed.pid}, since .*ended without a word`))
  await next.url()
  next.process.kill('SIGTERM')
  await next.end()
  const last = await linescope(t, args, { cwd: folder })
  assert.equal(last.code, 0, last.stderr)
  assert.doesNotMatch(last.stderr, /without a word/)
  assert.equal(outputOf(folder), LINES)
})

test('a file that may grow no more stops the run, is said, and the next start makes it whole [E9 F6]', async t => {
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': LINES.repeat(20) })
  // In units of 512 bytes.
  const script = 'ulimit -f 200 && exec "$0" "$@"'
  const args = ['-c', script, process.execPath, LINESCOPE, 'run', 'pipeline.yaml', ...ALONE]
  const cli = new Cli('/bin/sh', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => cli.process.kill('SIGKILL'))
  const stopped = await cli.end()
  assert.equal(stopped.code, 1, stopped.stderr)
  assert.match(stopped.stderr, /cannot write "out\.log": .*\(EFBIG\)|file too large/)
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(outputOf(folder), LINES.repeat(20))
})

test('a state folder that is deleted while a run goes on is said, and no line is lost [C19]', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': PASS_FILES['pipeline.yaml'].replace('file: { path: in.log }', 'stdin: {}'),
    'pass.ts': PASS_FILES['pass.ts']
  })
  const cli = start(t, ['run', 'pipeline.yaml', '--port', '0', '--exit'], { cwd: folder, stdin: 'pipe' })
  const url = await cli.url()
  cli.write('before\n')
  await statsWhen(url, 'the first line', ({ ledger }) => ledger.delivered === 1)
  rmSync(join(folder, '.linescope'), { recursive: true, force: true })
  cli.write('after\n')
  await cli.says(/checkpoint.*(?:ENOENT|no such file)/i)
  cli.process.stdin?.end()
  await sleep(500)
  cli.process.kill('SIGTERM')
  const ended = await cli.end()
  assert.notEqual(ended.code, 0, ended.stderr)
  assert.doesNotMatch(ended.stderr, /^ +at /m)
  assert.equal(outputOf(folder), 'before\nafter\n')
})
