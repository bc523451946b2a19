// stdin and stdout as a shell connects them: pipes that close early, nothing there at all, lines that come one by one.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'

import { getStats, getTrace, reportOf, statsWhen } from './support/answers.ts'
import { cleanEnvironment, LINESCOPE, linescope, makeFolder, start, until } from './support/cli.ts'
import { pipelineOf } from './support/pipelines.ts'

const UPPERCASE = { 'pipeline.yaml': pipelineOf('{ uppercase: {}, to: end }') }

/** Runs `… linescope run … ` in a shell, where `$LINESCOPE` stands for the command. */
async function shell(
  t: TestContext,
  folder: string,
  script: string
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child: ChildProcess = spawn(
    'bash',
    ['-c', `set -o pipefail; linescope() { "$NODE" "$MAIN" "$@"; }; ${script}`],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...cleanEnvironment(), NODE: process.execPath, MAIN: LINESCOPE }
    }
  )
  t.after(() => child.kill('SIGKILL'))
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout!), text(child.stderr!), ended])
  return { code, stdout, stderr }
}

describe('in a shell', { concurrency: 3 }, () => {
  test('| head -1 gets its line, and the run leaves quietly with exit 0 [C22]', async t => {
    const folder = makeFolder(t, UPPERCASE)
    const script = 'linescope run pipeline.yaml -i - -o - --port 0 2>err.log | head -1; echo "${PIPESTATUS[1]}"'

    const { stdout } = await shell(t, folder, `yes line | ${script.replace('[1]', '[1]')}`)

    assert.equal(stdout, 'LINE\n0\n')
    // Nothing but where the dashboard is: no report, no error.
    assert.match(readFileSync(join(folder, 'err.log'), 'utf8'), /^(Dashboard: \S+\n)?(?:[^\n]*stdin[^\n]*\n)?$/)
  })

  test('a closed stdin is an empty one [C22]', async t => {
    const { code, stderr } = await shell(
      t,
      makeFolder(t, UPPERCASE),
      'linescope run pipeline.yaml -i - -o - --port 0 <&-'
    )

    assert.equal(code, 0, stderr)
    assert.match(stderr, /0 entered = 0 delivered/)
  })

  test('a closed stdout takes nothing, and that is no crash [C22]', async t => {
    const folder = makeFolder(t, { ...UPPERCASE, 'in.log': 'a\nb\n' })

    const { code, stderr } = await shell(t, folder, 'linescope run pipeline.yaml -o - --port 0 >&-')

    assert.equal(code, 0, stderr)
    assert.doesNotMatch(stderr, /^\s+at /m)
  })

  test('a full disk behind stdout is said, with exit 1 [F1]', async t => {
    const folder = makeFolder(t, { ...UPPERCASE, 'in.log': 'a\nb\n' })

    const { code, stderr } = await shell(t, folder, 'linescope run pipeline.yaml -o - --port 0 --quiet >/dev/full')

    assert.equal(code, 1)
    assert.match(stderr, /^linescope: cannot write "stdout": no space left on device \(ENOSPC\)$/m)
  })

  test('a slow reader gets every byte', async t => {
    const folder = makeFolder(t, UPPERCASE)
    const script = `seq 1 200000 | linescope run pipeline.yaml -i - -o - --port 0 --quiet | (sleep 1; cksum); seq 1 200000 | cksum`

    const [ours, expected] = (await shell(t, folder, script)).stdout.split('\n')

    assert.equal(ours, expected)
  })

  test('a named pipe is read to its writer’s end', async t => {
    const folder = makeFolder(t, UPPERCASE)
    const script = `mkfifo pipe; (echo one; sleep 0.5; echo two) > pipe & linescope run pipeline.yaml -i pipe --no-dashboard --quiet`

    const { code, stderr } = await shell(t, folder, script)

    assert.equal(code, 0, stderr)
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'ONE\nTWO\n')
  })
})

test('-o - keeps everything else on stderr, the JSON report too', async t => {
  const folder = makeFolder(t, { ...UPPERCASE, 'in.log': 'a\nb' })

  const args = ['run', 'pipeline.yaml', '-o', '-', '--port', '0', '--json', '--lanes', '2', '--trace']
  const ended = await linescope(t, args, { cwd: folder })

  assert.equal(ended.code, 0)
  assert.equal(ended.stdout.toString(), 'A\nB')
  const report = /^\{.*\}$/m.exec(ended.stderr)
  assert.equal(JSON.parse(report?.[0] ?? '').exit_code, 0)
  assert.match(ended.stderr, /Dashboard: http/)
  assert.match(ended.stderr, /2 entered = 2 delivered/)
})

test('a lone line into stdin is at the sink and in /trace while stdin stays open', async t => {
  const folder = makeFolder(t, UPPERCASE)
  const cli = start(t, ['run', 'pipeline.yaml', '-i', '-', '--trace', '--port', '0', '--json'], {
    cwd: folder,
    stdin: 'pipe'
  })
  const url = await cli.url()
  const output = (): string => readFileSync(join(folder, 'out.log'), 'utf8')

  let expected = ''
  for (const line of ['first', 'second', 'third']) {
    cli.write(`${line}\n`)
    expected += `${line.toUpperCase()}\n`
    await until(`"${line}" at the sink`, () => output() === expected)
    await until(`"${line}" in /trace`, async () => {
      const { traces } = await getTrace(url)
      return traces.at(-1)?.line === line && traces.at(-1)?.outcome === 'delivered'
    })
  }
  // Half a line is none yet.
  cli.write('half')
  cli.write(' and half')
  const { state, ledger } = await getStats(url)
  assert.deepEqual([state, ledger.delivered], ['running', 3])
  assert.equal(output(), expected)

  cli.process.stdin!.end()
  await statsWhen(url, 'the last line', ({ total_lines_processed: lines }) => lines === 4)
  assert.equal(output(), `${expected}HALF AND HALF`)
  cli.process.kill('SIGINT')
  assert.equal(reportOf(await cli.end()).ledger.delivered, 4)
})

test('a slow source shows each of its lines when it comes', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf('{ uppercase: {}, to: end }', '{ generate: { rate: 2, seed: 1 } }')
  })
  const cli = start(t, ['run', 'pipeline.yaml', '--trace', '--port', '0', '--lines', '2', '--exit', '--json'], {
    cwd: folder
  })
  const url = await cli.url()

  await until('the first line in /trace', async () => (await getTrace(url)).traces.length === 1)
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8').split('\n').length, 2)
  assert.equal(reportOf(await cli.end()).ledger.delivered, 2)
})
