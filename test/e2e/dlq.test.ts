// Dead letters of real runs, as the commands show them.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import type { StatsJson } from '../../src/cli/commands/dlq/stats.ts'
import type { letterJson } from '../../src/state/dead-letter-log/letter-json.ts'
import { assertRefused } from './support/answers.ts'
import { type Ended, linescope, makeFolder, start, until } from './support/cli.ts'
import { ALONE } from './support/pipelines.ts'

const PIPELINE = `
source: { file: { path: in.log } }
entry: read
processors:
  read: { use: ./work.ts#read }
  work: { use: ./work.ts#work, retry: { attempts: 2, backoff: 1ms } }
sinks:
  end: { file: { path: out.log } }
`

const MODULE = `
import { defineProcessor } from 'linescope'
export const read = defineProcessor({
  name: 'read', summary: 'Makes a record.', emits: ['work', 'end'],
  create: () => (line, emit) => {
    if (line.startsWith('lost')) emit('nowhere', line)
    else if (line.startsWith('fine')) emit('end', line)
    else emit('work', { text: line, length: line.length })
  }
})
export const work = defineProcessor({
  name: 'work', summary: 'Fails.', accepts: 'record', emits: ['end'],
  create: () => record => { throw new TypeError('cannot work on ' + record.text) }
})
`

const BAD_BYTES = Buffer.from([...Buffer.from('bad \x1b[31mred '), 0xff, 0xc3, 0x28, ...Buffer.from(' \u202e\r\n')])
const INPUT = Buffer.concat([Buffer.from('fine 1\nbad 1\nlost 1\n'), BAD_BYTES, Buffer.from('fine 2\nbad 2')])
const FILES = { 'pipeline.yaml': PIPELINE, 'work.ts': MODULE, 'in.log': INPUT }

async function runIn(t: TestContext, folder: string, ...args: string[]): Promise<Ended> {
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, ...args], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  return ended
}

/** A folder in which the pipeline has run once, and `linescope dlq` in it. */
async function afterARun(t: TestContext): Promise<{ folder: string; dlq: (...args: string[]) => Promise<Ended> }> {
  const folder = makeFolder(t, FILES)
  await runIn(t, folder)
  return { folder, dlq: (...args) => linescope(t, ['dlq', ...args], { cwd: folder }) }
}

function jsonLines<Item = ReturnType<typeof letterJson>>(ended: Ended): Item[] {
  return ended.stdout
    .toString()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

function assertSafe(text: string): void {
  for (const character of ['\x1b', '\r', '\u202e']) assert.ok(!text.includes(character), text)
}

function logFile(folder: string): string {
  const [name = ''] = readdirSync(join(folder, '.linescope'))
  return join(folder, '.linescope', name, 'dead-letters', '000000000001.dll')
}

test('what a run left', async t => {
  const { folder, dlq } = await afterARun(t)

  await t.test('ls lists what failed, one a line, fit for a terminal [A15]', async () => {
    const { code, stdout, stderr } = await dlq('ls', 'pipeline.yaml')
    assert.deepEqual([code, stderr], [0, ''])
    const [head, ...rows] = stdout.toString().trimEnd().split('\n')
    assert.match(head ?? '', /^NUMBER {2}TIME +PLACE +PROCESSOR +ERROR +LINE$/)
    assert.equal(rows.length, 4)
    assert.match(
      rows[0] ?? '',
      /^ +0 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}in\.log:2 +work +TypeError: cannot work on bad 1 +bad 1$/
    )
    assert.match(rows[1] ?? '', /^ +1 .* in\.log:3 +read +nothing is named "nowhere" +lost 1$/)
    assert.match(rows[2] ?? '', /bad \\x1b\[31mred \ufffd\ufffd\( \\u\{202e\}$/)
    assertSafe(stdout.toString())
  })

  await t.test('show prints everything that is kept, by number and by id', async () => {
    const shown = await dlq('show', '0', 'pipeline.yaml')
    assert.deepEqual([shown.code, shown.stderr], [0, ''])
    for (const pattern of [
      /^letter 0 · id 0:7 · dead · \d{4}-/,
      new RegExp(`^  line       ${join(folder, 'in.log')}:2, byte 7$`, 'm'),
      /^ {2}processor {2}work$/m,
      /^ {2}path {7}read > work$/m,
      /^ {2}attempt 1 .* cannot work on bad 1$/m,
      /^ {2}attempt 2 .* cannot work on bad 1$/m,
      /^line \(6 bytes\):\n {2}bad 1\\n$/m,
      /^value before the step:\n {2}\{\n {4}"text": "bad 1",\n {4}"length": 5\n {2}\}$/m,
      /^stack:\n {2}TypeError: cannot work on bad 1\n {6}at .*work\.ts:/m
    ]) {
      assert.match(shown.stdout.toString(), pattern)
    }
    assert.deepEqual((await dlq('show', '0:7', 'pipeline.yaml')).stdout, shown.stdout)
  })

  await t.test('bytes that are no text are shown by their codes, and written as they are with --raw', async () => {
    const shown = (await dlq('show', '2', 'pipeline.yaml')).stdout.toString()
    assert.match(shown, /^ {2}bad \\x1b\[31mred \\xff\\xc3\( \\u\{202e\}\\r\\n$/m)
    assertSafe(shown)
    assert.deepEqual((await dlq('show', '2', 'pipeline.yaml', '--raw')).stdout, BAD_BYTES)
    const [json] = jsonLines(await dlq('show', '2', 'pipeline.yaml', '--json'))
    assert.deepEqual([json.line_end, json.line_bytes, json.line_is_cut], ['\r\n', BAD_BYTES.length, false])
    assert.deepEqual(Buffer.from(json?.line_base64 ?? '', 'base64'), BAD_BYTES)
  })

  await t.test('grep finds a text in line, value, error and stack, and shows where', async () => {
    const hits = async (...args: string[]): Promise<string[]> => {
      const ended = await dlq('grep', ...args)
      assert.equal(ended.code, 0, ended.stderr)
      const rows = ended.stdout.toString().trimEnd().split('\n').slice(1)
      return rows.map(row => row.trim().split(/ {2,}/).slice(3).join('|'))
    }
    assert.deepEqual(await hits('lost', 'pipeline.yaml'), ['line|lost 1'])
    assert.deepEqual(await hits('"length":5', 'pipeline.yaml', '--limit', '1'), ['value|{"text":"bad 1","length":5}'])
    assert.equal((await hits('/^typeerror/i', 'pipeline.yaml')).length, 3)
    assert.match((await hits('work.ts', 'pipeline.yaml'))[0] ?? '', /^stack\|/)
    const none = await dlq('grep', 'never', 'pipeline.yaml')
    assert.deepEqual([none.code, none.stdout.toString()], [0, ''])
    assert.match(none.stderr, /^None of the 4 dead letters in \.linescope\/pipeline-[0-9a-f]{8} matches\.\n$/)
  })

  await t.test('stats counts by processor and kind of error', async () => {
    const { stdout, code } = await dlq('stats', 'pipeline.yaml')
    assert.equal(code, 0)
    assert.match(stdout.toString(), /^3 dead, 1 unmatched; \S+ k?B; \d{4}.* to \d{4}/)
    assert.match(stdout.toString(), /^ +2 {2}dead +work .*TypeError: cannot work on bad 2$/m)
    assert.match(stdout.toString(), /^ +1 {2}unmatched +read /m)
    const [json] = jsonLines<StatsJson>(await dlq('stats', 'pipeline.yaml', '--json', '--processor', 'work'))
    assert.deepEqual([json?.letters, json?.dead, json?.unmatched, json?.discarded, json?.damaged], [3, 3, 0, 0, 0])
    assert.deepEqual(
      json?.groups.map(group => [group.count, group.processor, group.error]),
      [
        [2, 'work', 'TypeError: cannot work on bad 2'],
        [1, 'work', 'TypeError: cannot work on bad \x1b[31mred \ufffd\ufffd( \u202e']
      ]
    )
  })
})

test('an id that several runs have is that of the newest, and the others are named', async t => {
  const { folder, dlq } = await afterARun(t)
  await runIn(t, folder)
  const shown = await dlq('show', '0:7', 'pipeline.yaml')
  assert.match(shown.stdout.toString(), /^letter 4 /)
  assert.equal(shown.stderr, 'Older letters have this id too: 0.\n')
})

test('export writes JSON lines, or the lines byte by byte', async t => {
  const { folder, dlq } = await afterARun(t)
  const json = jsonLines(await dlq('export', 'pipeline.yaml'))
  assert.deepEqual(
    json.map(({ id, kind, processor, path, line_number: line }) => [id, kind, processor, path, line]),
    [
      ['0:7', 'dead', 'work', ['read', 'work'], 2],
      ['0:13', 'unmatched', 'read', ['read'], 3],
      ['0:20', 'dead', 'work', ['read', 'work'], 4],
      [`0:${20 + BAD_BYTES.length + 7}`, 'dead', 'work', ['read', 'work'], 6]
    ]
  )
  assert.deepEqual([json[0].line, json[0].line_base64, json[0].value], ['bad 1', null, { text: 'bad 1', length: 5 }])
  assert.deepEqual([json[0].error?.name, json[0].attempts.length, json[0].replay_of], ['TypeError', 2, null])
  assert.deepEqual([json[1].error, json[1].tag, json[1].value], [null, 'nowhere', null])

  const lines = await dlq('export', 'pipeline.yaml', '--format', 'lines')
  assert.deepEqual(lines.stdout, Buffer.concat([Buffer.from('bad 1\nlost 1\n'), BAD_BYTES, Buffer.from('bad 2')]))

  const written = await dlq('export', 'pipeline.yaml', '--format', 'lines', '-o', 'failed.log')
  assert.deepEqual([written.code, written.stdout.length], [0, 0])
  assert.equal(written.stderr, '4 dead letters written to "failed.log".\n')
  assert.deepEqual(readFileSync(join(folder, 'failed.log')), lines.stdout)
  assert.equal(statSync(join(folder, 'failed.log')).mode & 0o777, 0o600)
  assertRefused(await dlq('export', 'pipeline.yaml', '-o', 'failed.log'), /"failed\.log" is there already/)
})

test('discard says what it would do, does it with --yes, and never touches the log', async t => {
  const { folder, dlq } = await afterARun(t)
  const before = readFileSync(logFile(folder))
  const asked = await dlq('discard', 'pipeline.yaml', '--processor', 'work')
  assert.deepEqual([asked.code, asked.stdout.toString()], [2, '3 dead letters would be discarded.\n'])
  assert.match(asked.stderr, /^Nothing was discarded: add --yes/)
  assert.equal(jsonLines(await dlq('ls', 'pipeline.yaml', '--json')).length, 4)

  const done = await dlq('discard', 'pipeline.yaml', '--processor', 'work', '--yes')
  assert.deepEqual([done.code, done.stdout.toString()], [0, '3 dead letters discarded.\n'])
  assert.deepEqual(
    jsonLines(await dlq('ls', 'pipeline.yaml', '--json')).map(({ number }) => number),
    [1]
  )
  assertRefused(await dlq('show', '0', 'pipeline.yaml'), /the dead letter 0 in .* was discarded/)
  assertRefused(await dlq('discard', 'pipeline.yaml', '--id', '1', '--id', '77', '--yes'), /no dead letter "77"/)
  assert.deepEqual(readFileSync(logFile(folder)), before)

  const [json] = jsonLines(await dlq('discard', 'pipeline.yaml', '--yes', '--json'))
  assert.deepEqual(json, { discarded: 1, segments_deleted: 0 })
  const empty = await dlq('ls', 'pipeline.yaml')
  assert.deepEqual([empty.code, empty.stdout.toString()], [0, ''])
  assert.match(empty.stderr, /^No dead letters in \S+ \(4 were discarded\)\.\n$/)
  await runIn(t, folder)
  assert.equal(jsonLines(await dlq('ls', 'pipeline.yaml', '--json')).length, 4)
})

test('a running pipeline is read and discarded from, and goes on', async t => {
  const folder = makeFolder(t, { ...FILES, 'in.log': '' })
  const run = start(t, ['run', 'pipeline.yaml', '-i', '-', ...ALONE], { cwd: folder, stdin: 'pipe' })
  const dlq = (...args: string[]): Promise<Ended> => linescope(t, ['dlq', ...args], { cwd: folder })
  run.write('bad 1\nbad 2\n')
  await until('two letters', async () => {
    const ended = await dlq('ls', 'pipeline.yaml', '--json')
    return jsonLines(ended).length === 2
  })
  assert.equal((await dlq('discard', 'pipeline.yaml', '--text', 'bad 1', '--yes')).code, 0)
  run.write('bad 3\n')
  run.process.stdin?.end()
  assert.equal((await run.end()).code, 0)
  assert.deepEqual(
    jsonLines(await dlq('ls', 'pipeline.yaml', '--json')).map(({ line }) => line),
    ['bad 2', 'bad 3']
  )
})

test('several runs below one folder are told apart, by pipeline and by --state', async t => {
  const { folder, dlq } = await afterARun(t)
  writeFileSync(join(folder, 'other.log'), 'bad other\n')
  await runIn(t, folder, '-i', 'other.log')
  writeFileSync(join(folder, 'second.yaml'), PIPELINE)
  assertRefused(await dlq('ls', 'second.yaml'), /no run of "second\.yaml" has left anything/, /--state/)

  const several = await dlq('ls', 'pipeline.yaml')
  assertRefused(
    several,
    /dead letters of 2 runs with different sources or sinks/,
    /first: in\.log:2/,
    /first: other\.log:1/
  )
  const [, state = ''] = /--state (\S+) +first: other/.exec(several.stderr) ?? []
  assert.deepEqual(
    jsonLines(await dlq('ls', '--state', state, '--json')).map(({ line }) => line),
    ['bad other']
  )
})

test('what is not there is said in a sentence', async t => {
  const { folder, dlq } = await afterARun(t)
  assertRefused(await dlq('ls', 'pipelin.yaml'), /there is no file "pipelin\.yaml"/, /Did you mean "pipeline\.yaml"/)
  assertRefused(await dlq('ls', '--state', 'nowhere'), /there is no state folder "nowhere"/)
  assertRefused(await dlq('show', '0:8', 'pipeline.yaml'), /there is no dead letter "0:8"/, /Did you mean "0:7"\?/)
  assertRefused(await dlq('show', '99', 'pipeline.yaml'), /there is no dead letter "99"/, /numbers are 0 to 3/)
  assertRefused(await dlq('ls', 'pipeline.yaml', '--since', 'soon'), /--since/)
  assertRefused(await dlq(), /^Usage: linescope dlq/)
  const misspelt = await dlq('ls', 'pipeline.yaml', '--processor', 'wrk')
  assert.deepEqual([misspelt.code, misspelt.stdout.toString()], [0, ''])
  assert.match(misspelt.stderr, /There is none with the processor "wrk"\. Did you mean "work"\?/)

  const empty = makeFolder(t, { ...FILES, 'in.log': 'fine\n' })
  assertRefused(await linescope(t, ['dlq', 'ls', 'pipeline.yaml'], { cwd: empty }), /there is no state folder/)
  await runIn(t, empty)
  const none = await linescope(t, ['dlq', 'ls', 'pipeline.yaml'], { cwd: empty })
  assert.deepEqual([none.code, none.stdout.toString()], [0, ''])
  assert.match(none.stderr, /^No dead letters in /)
  assert.ok(existsSync(logFile(folder)))
})

test('grep with a pipeline and no text, or with the two the wrong way round, says so; the name can be searched for', async t => {
  const { folder, dlq } = await afterARun(t)
  assertRefused(
    await dlq('grep', 'pipeline.yaml'),
    /"pipeline\.yaml" is a pipeline file, and nothing says what to search for/,
    /dlq grep TEXT pipeline\.yaml/
  )
  assertRefused(
    await dlq('grep', 'pipeline.yaml', 'bad'),
    /comes first\. Write: linescope dlq grep "bad" pipeline\.yaml/
  )
  const [state = ''] = readdirSync(join(folder, '.linescope'))
  for (const args of [
    ['pipeline.yaml', 'pipeline.yaml'],
    ['pipeline.yaml', '--state', join('.linescope', state)],
    ['/pipeline.yaml/'],
    ['other.yaml'],
    [`${'x'.repeat(300)}.yaml`]
  ]) {
    const { code, stderr } = await dlq('grep', ...args)
    assert.equal(code, 0, args.join(' '))
    assert.match(stderr, /^None of the 4 dead letters/, args.join(' '))
  }
  const found = await dlq('grep', 'bad 1')
  assert.match(found.stdout.toString(), /bad 1/)
})

test('damage is said with exit 1, and everything else is shown; an unfinished end is no damage [F8]', async t => {
  const { folder, dlq } = await afterARun(t)
  const path = logFile(folder)
  const bytes = readFileSync(path)
  const changed = Buffer.from(bytes)
  changed[changed.indexOf('lost 1')] ^= 1
  writeFileSync(path, changed)
  for (const [command, ...args] of [['ls'], ['discard', '--text', 'bad 2', '--yes']]) {
    const ended = await dlq(command, ...args, 'pipeline.yaml')
    assert.equal(ended.code, 1, command)
    assert.match(ended.stderr, /^damaged: 000000000001\.dll: the letter at byte \d+ is damaged/m)
  }
  const left = await dlq('ls', 'pipeline.yaml', '--json')
  assert.deepEqual(
    jsonLines(left)
      .map(({ line }) => line)
      .slice(0, 1),
    ['bad 1']
  )
  assert.equal(jsonLines(left).length, 2)

  // A letter that was cut off in the middle of its write, as by a kill.
  writeFileSync(path, bytes.subarray(0, bytes.length - 5))
  const torn = await dlq('ls', 'pipeline.yaml')
  assert.deepEqual([torn.code, torn.stderr], [0, ''])
})

test('values from the environment are masked, but for the bytes themselves', async t => {
  const secret = 'hunter2-and-more'
  const folder = makeFolder(t, {
    'pipeline.yaml': `
source: { file: { path: in.log } }
processors:
  check: { fail: { when: 'line.contains("bad")', message: 'refused by \${TOKEN}' }, to: end }
sinks:
  end: { file: { path: out.log } }
`,
    'in.log': `bad ${secret}\n`
  })
  const options = { cwd: folder, env: { TOKEN: secret } }
  assert.equal((await linescope(t, ['run', 'pipeline.yaml', ...ALONE], options)).code, 0)
  for (const args of [['ls'], ['show', '0', '--json'], ['export']]) {
    const { stdout, stderr } = await linescope(t, ['dlq', ...args, 'pipeline.yaml'], options)
    assert.ok(!stdout.includes(secret), args.join(' '))
    assert.match(stdout.toString(), /\*\*\*/)
    assert.equal(stderr, '')
  }
  const raw = await linescope(t, ['dlq', 'show', '0', 'pipeline.yaml', '--raw'], options)
  assert.equal(raw.stdout.toString(), `bad ${secret}\n`)
  const unset = await linescope(t, ['dlq', 'ls', 'pipeline.yaml'], { cwd: folder })
  assert.match(
    unset.stderr,
    /^warning: the pipeline cannot be loaded, so what its last run masked is masked here: .*\n.*the variable "TOKEN" cannot be masked/
  )
})
