// A disk that is full: the run waits, says so, and goes on when there is room. On a small tmpfs of the test's own, in a
// mount namespace of its own.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { getText, reportOf } from './support/answers.ts'
import { Cli, cleanEnvironment, LINESCOPE, makeFolder } from './support/cli.ts'
import { pipelineOf } from './support/pipelines.ts'

const LINES = 40_000
const DISK_KILOBYTES = 1024

/** The command with the folder `disk` on a file system of its own. Lines of stdin are run in the same namespace. */
function startOnSmallDisk(t: TestContext, folder: string, args: readonly string[]): Cli {
  const script = `
mount -t tmpfs -o size=${DISK_KILOBYTES}k tmpfs disk
cp -r given/. disk/
"$@" &
command=$!
while read -r line; do eval "$line"; done
wait $command
code=$?
mkdir kept && cp -r disk/. kept/
exit $code
`
  const command = ['sh', '-c', script, 'sh', process.execPath, LINESCOPE, ...args]
  const isRoot = process.getuid?.() === 0
  const cli = new Cli('unshare', [isRoot ? '-m' : '-Urm', ...command], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: cleanEnvironment()
  })
  t.after(async () => {
    cli.process.kill('SIGKILL')
    await cli.ended.catch(() => undefined)
  })
  return cli
}

function folderWith(t: TestContext, pipeline: string): { readonly folder: string; readonly expected: string } {
  let text = ''
  for (let number = 1; number <= LINES; number++) text += `line ${number} ${'x'.repeat(number % 60)}\n`
  const folder = makeFolder(t, { 'in.log': text, 'pipeline.yaml': pipeline })
  spawnSync('mkdir', ['disk', 'given'], { cwd: folder })
  return { folder, expected: text.toUpperCase() }
}

describe('a full disk', { skip: process.platform !== 'linux' && 'needs mount namespaces' }, () => {
  test('under an output: the run waits, tells it, and the output is whole once there is room [F1 F5]', async t => {
    const pipeline = pipelineOf('{ uppercase: {}, to: end }').replace('out.log', 'disk/out.log')
    const { folder, expected } = folderWith(t, pipeline)
    const run = startOnSmallDisk(t, folder, ['run', 'pipeline.yaml', '--port', '0', '--exit', '--json'])
    const url = await run.url()
    await run.says(/waiting: .*out\.log.*no space left on device \(ENOSPC\)/)
    const health = JSON.parse(await getText(url, '/health'))
    assert.equal(health.status, 'degraded')
    assert.match(health.problems.join(), /Waiting: .*ENOSPC/)

    run.write('mount -o remount,size=8m disk\n')
    await run.says(/goes on after [\d.]+ s: end can be written again/)
    run.process.stdin!.end()
    const ended = await run.end()
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(readFileSync(join(folder, 'kept', 'out.log'), 'utf8'), expected)
    assert.equal(reportOf(ended).ledger.delivered, LINES)
  })

  test('under the state: it is told, and the run ends whole once there is room [F2]', async t => {
    const { folder } = folderWith(t, pipelineOf('{ delay: { ms: 1ms }, to: end }'))
    const args = ['run', 'pipeline.yaml', '--state', 'disk', '--lines', '4000', '--port', '0', '--exit', '--json']
    const run = startOnSmallDisk(t, folder, args)
    await run.url()
    run.write('dd if=/dev/zero of=disk/filler bs=1k count=4096 2> /dev/null\n')
    await run.says(/waiting: .*checkpoint.*ENOSPC/)
    run.write('rm disk/filler\n')
    await run.says(/goes on after [\d.]+ s: the checkpoint can be written again/)
    run.process.stdin!.end()
    const ended = await run.end()
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(reportOf(ended).ledger.delivered, 4000)
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8').split('\n').length, 4001)
  })

  test('under the dead letters: no letter is lost [F3]', async t => {
    const { folder } = folderWith(t, pipelineOf('{ parse_json: {}, to: end }'))
    const run = startOnSmallDisk(t, folder, [
      'run',
      'pipeline.yaml',
      '--state',
      'disk',
      '--port',
      '0',
      '--exit',
      '--json'
    ])
    await run.url()
    await run.says(/waiting: .*dead-letter log.*ENOSPC/)
    run.write('mount -o remount,size=64m disk\n')
    await run.says(/goes on after [\d.]+ s: the dead letters can be written again/)
    run.process.stdin!.end()
    const ended = await run.end()
    assert.equal(ended.code, 0, ended.stderr)
    const report = reportOf(ended)
    assert.equal(report.ledger.dead, LINES)
    assert.equal(report.ledger.unaccounted, 0)
  })

  test('stopped while it waits, it says what was given up, and goes on from there the next time', async t => {
    const pipeline = pipelineOf('{ uppercase: {}, to: end }').replace('out.log', 'disk/out.log')
    const { folder, expected } = folderWith(t, pipeline)
    const run = startOnSmallDisk(t, folder, ['run', 'pipeline.yaml', '--no-dashboard', '--json'])
    await run.says(/waiting: .*ENOSPC/)
    run.write('kill -INT $command\n')
    run.process.stdin!.end()
    const ended = await run.end()
    assert.equal(ended.code, 1, ended.stderr)
    const written = readFileSync(join(folder, 'kept', 'out.log'), 'utf8')
    assert.ok(expected.startsWith(written.slice(0, written.lastIndexOf('\n') + 1)))
  })
})
