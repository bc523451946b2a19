// Commands on a state folder alone mask what the run masked that has left it.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { type Ended, linescope, makeFolder } from './support/cli.ts'

const ALONE = ['--port', '0', '--exit', '--quiet']
const SECRET = 'correct-horse-battery'
const LINE = `bad CUST-123456 user=${SECRET} a@example.org plain`

function pipelineOf(redaction: string): string {
  return `
source: { file: { path: in.log } }
processors:
  check: { fail: { when: 'line.contains("bad")', message: 'refused by \${TOKEN}' }, to: end }
sinks:
  end: { file: { path: out.log } }
${redaction}
`
}

interface AfterRun {
  readonly folder: string
  readonly stateFolder: string
  /** On the state folder alone, with the variable set. */
  readonly show: (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<Ended>
}

async function afterARun(t: TestContext, redaction: string): Promise<AfterRun> {
  const folder = makeFolder(t, { 'pipeline.yaml': pipelineOf(redaction), 'in.log': `${LINE}\n` })
  const env = { TOKEN: SECRET }
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder, env })
  assert.equal(ended.code, 0, ended.stderr)
  const [name = ''] = readdirSync(join(folder, '.linescope'))
  const stateFolder = join(folder, '.linescope', name)
  const show: AfterRun['show'] = (args, given = env) => {
    return linescope(t, [...args, '--state', stateFolder], { cwd: folder, env: given })
  }
  return { folder, stateFolder, show }
}

const COMMANDS = [
  ['dlq', 'ls'],
  ['dlq', 'show', '0'],
  ['dlq', 'grep', '/./', '--json'],
  ['dlq', 'export'],
  ['errors', '--json']
]

test('patterns, presets and values from the environment are masked without the pipeline', async t => {
  const { show, stateFolder } = await afterARun(t, `redaction: { presets: [email], patterns: ['CUST-\\d{6}'] }`)
  for (const command of COMMANDS) {
    const { code, stdout, stderr } = await show(command)
    assert.equal(code, 0, stderr)
    assert.match(stdout.toString(), /plain/, command.join(' '))
    assert.doesNotMatch(stdout.toString() + stderr, /CUST-1|correct-horse|a@example/, command.join(' '))
    assert.doesNotMatch(stderr, /warning/)
  }
  assert.doesNotMatch(readFileSync(join(stateFolder, 'masks.json'), 'utf8'), /correct-horse/)

  const unset = await show(['dlq', 'ls'], {})
  assert.match(unset.stderr, /^warning: the value of the variable "TOKEN" cannot be masked, which is not set here\n$/)
  assert.match(unset.stdout.toString(), /\*\*\* user=correct-horse-battery \*\*\* plain/)
  const verified = await show(['verify'])
  assert.doesNotMatch(verified.stdout.toString(), /masks\.json/)
})

test('with payloads: off nothing of a line is shown without the pipeline, nor with one that cannot be loaded', async t => {
  const { folder, show } = await afterARun(t, 'redaction: { payloads: off }')
  for (const command of COMMANDS.filter(([, name]) => name !== 'grep')) {
    const { stdout, stderr } = await show(command)
    assert.match(stdout.toString(), /\[\d+ bytes, SHA-256 [0-9a-f]{12}\]/, command.join(' '))
    assert.doesNotMatch(stdout.toString() + stderr, /plain|CUST|warning/, command.join(' '))
  }
  writeFileSync(join(folder, 'pipeline.yaml'), 'processors: [')
  const env = { TOKEN: SECRET }
  const { stdout, stderr } = await linescope(t, ['dlq', 'ls', 'pipeline.yaml'], { cwd: folder, env })
  assert.match(stderr, /^warning: the pipeline cannot be loaded, so what its last run masked is masked here: .+\n$/)
  assert.match(stdout.toString(), /\[\d+ bytes/)
  assert.doesNotMatch(stdout.toString(), /plain/)
})

test('an older state folder is shown with the presets, which is said once; one that cannot be read shows no line', async t => {
  const { show, stateFolder } = await afterARun(t, `redaction: { patterns: ['CUST-\\d{6}'] }`)
  rmSync(join(stateFolder, 'masks.json'))
  const older = await show(['dlq', 'ls'])
  assert.equal(older.stderr.match(/warning: nothing in \S+ says what its run masked/g)?.length, 1)
  assert.match(older.stdout.toString(), /CUST-123456 .*\*\*\* plain/)

  writeFileSync(join(stateFolder, 'masks.json'), '{"redaction":')
  const damaged = await show(['dlq', 'ls'])
  assert.match(damaged.stderr, /^warning: \S+masks\.json cannot be read, so lines are not shown at all/)
  assert.doesNotMatch(damaged.stdout.toString(), /plain|CUST/)
})
