// --watch: what is seen while a pipeline is being written.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { assertRefused } from './support/answers.ts'
import { type Cli, linescope, makeFolder, start, until } from './support/cli.ts'
import { pipelineOf } from './support/pipelines.ts'

const moduleOf = (word: string): string => `export const step = (line: string) => line + ' ${word}'\n`

/** Its process starts another, which must go too. */
function startWatching(t: TestContext, folder: string, ...args: string[]): Cli {
  const cli = start(t, ['run', 'pipeline.yaml', '--watch', ...args], { cwd: folder })
  t.after(async () => {
    cli.process.kill('SIGTERM')
    await Promise.race([cli.ended, sleep(5000)])
  })
  return cli
}

test('a change of the pipeline or of its module starts it again, fresh; a mistake waits for the next change [D11]', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf('{ use: ./step.ts#step, to: end }'),
    'step.ts': moduleOf('first'),
    'in.log': 'a\n'
  })
  const output = (): string => {
    try {
      return readFileSync(join(folder, 'out.log'), 'utf8')
    } catch {
      return ''
    }
  }
  const cli = startWatching(t, folder, '--port', '0', '--state', 'state')
  await until('the first output', () => output() === 'a first\n')
  await cli.says(/The dashboard stays up/)

  writeFileSync(join(folder, 'step.ts'), moduleOf('second'))
  await cli.says(/^A file has changed: starting again\.$/m)
  await until('the second output', () => output() === 'a second\n')

  writeFileSync(join(folder, 'pipeline.yaml'), pipelineOf('{ use: ./step.ts#step, to: ned }'))
  await cli.says(/no processor or sink is named "ned"\. Did you mean "end"\?/)
  await cli.says(/^The run has ended; waiting for a change\. Ctrl-C ends this\.$/m)

  writeFileSync(join(folder, 'pipeline.yaml'), pipelineOf('{ uppercase: {}, to: end }'))
  await until('the third output', () => output() === 'A\n')
  // Its own output is no change.
  writeFileSync(join(folder, 'other.log'), 'x')
  await sleep(500)
  assert.equal(cli.stderr.split('A file has changed').length, 4)

  cli.process.kill('SIGINT')
  const ended = await cli.end()
  assert.deepEqual([ended.code, ended.signal], [0, null], ended.stderr)
})

test('Ctrl-C while it waits for a change ends it with the exit code of the last run', async t => {
  const folder = makeFolder(t, { 'pipeline.yaml': pipelineOf('{ trim: {}, to: ned }'), 'in.log': 'a\n' })
  const cli = startWatching(t, folder, '--no-dashboard')
  await cli.says(/waiting for a change/)

  cli.process.kill('SIGINT')

  assert.equal((await cli.end()).code, 2)
})

test('a folder that is not there cannot be watched', async t => {
  const ended = await linescope(t, ['run', 'no/pipeline.yaml', '--watch'], { cwd: makeFolder(t) })
  assertRefused(ended, /^linescope: --watch: there is no folder ".*\/no"$/m)
})
