// `linescope doctor` on this machine.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { assertRefused } from './support/answers.ts'
import { type Ended, LINESCOPE, linescope, makeFolder, start } from './support/cli.ts'
import { ALONE, PASS_FILES } from './support/pipelines.ts'

interface FoundCheck {
  readonly level: string
  readonly name: string
  readonly text: string
}

function checksOf({ stdout }: Ended): Map<string, FoundCheck> {
  const { sections } = JSON.parse(stdout.toString())
  const checks: FoundCheck[] = sections.flatMap(({ checks: found }: { checks: FoundCheck[] }) => found)
  return new Map(checks.map(check => [check.name, check]))
}

async function doctorIn(t: TestContext, cwd: string, ...args: string[]): Promise<Ended> {
  return await linescope(t, ['doctor', ...args], { cwd })
}

test('doctor says what a pipeline from file to file guarantees, in 80 columns, and leaves no trace', async t => {
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': 'a\n' })
  const before = readdirSync(folder)
  const { code, stdout, stderr } = await doctorIn(t, folder, 'pipeline.yaml')
  assert.deepEqual([code, stderr], [0, ''], stdout.toString())
  const text = stdout.toString()
  for (const line of text.split('\n')) {
    assert.ok([...line].length <= 80, line)
    assert.match(line, /^(?:|[A-Z].*|(?:ok|note|warning) .*| {25}\S.*|\d+ ok.*\.)$/)
  }
  assert.match(text, /^ok {7}sink end +Exactly once: after a crash the file is cut back/m)
  assert.match(text, /^(?:ok|note) +syncs +A sync takes \S+ .?s/m)
  assert.deepEqual(readdirSync(folder), before)
})

test('doctor tells which lines may be lost or come twice between pipes', async t => {
  const folder = makeFolder(t, PASS_FILES)
  const checks = checksOf(await doctorIn(t, folder, 'pipeline.yaml', '--json', '-i', '-', '-o', '-'))
  assert.match(checks.get('source stdin')?.text ?? '', /is lost when the whole process dies/)
  assert.equal(checks.get('sink end')?.level, 'note')
  const half = checksOf(await doctorIn(t, folder, 'pipeline.yaml', '--json', '-i', 'pass.ts', '-o', '-'))
  assert.match(half.get('sink end')?.text ?? '', /^At least once/)
})

test('doctor exits 1 when an input is missing, 2 when the pipeline is wrong', async t => {
  const folder = makeFolder(t, PASS_FILES)
  const missing = await doctorIn(t, folder, 'pipeline.yaml')
  assert.equal(missing.code, 1)
  assert.match(missing.stdout.toString(), /^broken {3}input in\.log +in\.log cannot be read: no such file/m)
  assertRefused(await doctorIn(t, folder, 'other.yaml'), /there is no file "other\.yaml"/)
})

test('doctor warns of a state in memory, which no restart of the machine outlives', async t => {
  const memory = '/dev/shm'
  assert.ok(existsSync(memory), 'this test needs a tmpfs')
  const state = mkdtempSync(join(memory, 'linescope-doctor-'))
  t.after(() => rmSync(state, { recursive: true, force: true }))
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': 'a\n' })
  const { code, stdout } = await doctorIn(t, folder, 'pipeline.yaml', '--state', state)
  assert.equal(code, 0)
  const text = stdout.toString().replace(/\s+/g, ' ')
  assert.match(text, /warning state folder \S+, on tmpfs \(.*gone when the machine restarts\. → Put it on a disk/)
  assert.match(text, /warning power failure What lies on the file systems that are warned of/)
})

test('doctor looks at what runs have left, says who is running, and disturbs nobody', async t => {
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': 'a\n' })
  assert.equal((await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })).code, 0)
  const cli = start(t, ['run', 'pipeline.yaml', '-i', '-', '--port', '0'], { cwd: folder, stdin: 'pipe' })
  await cli.url()
  const running = checksOf(await doctorIn(t, folder, 'pipeline.yaml', '-i', '-', '--json'))
  assert.match(running.get('lock')?.text ?? '', new RegExp(`^Process ${cli.pid}, a run since`))
  const all = (await doctorIn(t, folder)).stdout.toString().replace(/\s+/g, ' ')
  assert.match(all, /ok lock pipeline-\w+: Nobody has it/)
  assert.match(all, /note lock pipeline-\w+: Process/)
  cli.process.kill('SIGKILL')
  await cli.ended
})

test('doctor says what the limits of the shell mean', t => {
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': 'a\n' })
  const script = 'ulimit -n 100 && ulimit -f 2000 && exec "$0" "$@"'
  const args = ['-c', script, process.execPath, LINESCOPE, 'doctor', 'pipeline.yaml']
  const { status, stdout, stderr } = spawnSync('/bin/sh', args, { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^warning {2}open files +At most 100; this run may want/m)
  assert.match(stdout, /^warning {2}file size +No file may have more than 1\.02 MB/m)
})
