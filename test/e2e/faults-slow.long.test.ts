// Machines that are slow at what a run waits for: nothing is lost, and nothing is taken for a hang.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { reportOf } from './support/answers.ts'
import { Cli, LINESCOPE, makeFolder } from './support/cli.ts'
import { ALONE, pipelineOf } from './support/pipelines.ts'

const LINES = Array.from({ length: 3000 }, (_, index) => `line ${index}\n`).join('')
const FILES = {
  'pipeline.yaml': pipelineOf('{ delay: { ms: 1, block: true }, to: end, timeout: 1s }'),
  'in.log': LINES
}

async function runUnder(t: TestContext, command: string, ...args: readonly string[]): Promise<void> {
  const folder = makeFolder(t, FILES)
  const run = [process.execPath, LINESCOPE, 'run', 'pipeline.yaml', ...ALONE]
  const cli = new Cli(command, [...args, ...run], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => cli.process.kill('SIGKILL'))
  const ended = await cli.end()
  assert.equal(ended.code, 0, ended.stderr)
  const { ledger } = reportOf(ended)
  assert.deepEqual([ledger.entered, ledger.delivered], [3000, 3000])
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), LINES)
}

test('syncs that take two seconds each are waited for [F7]', async t => {
  const inject = 'inject=fsync,fdatasync:delay_enter=2000000'
  await runUnder(t, 'strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', inject)
})

test('on one core that four others keep busy everything comes out [G3]', async t => {
  const hogs = Array.from({ length: 4 }, () =>
    spawn('taskset', ['-c', '0', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' })
  )
  t.after(() => {
    for (const hog of hogs) hog.kill('SIGKILL')
  })
  await runUnder(t, 'taskset', '-c', '0')
})
