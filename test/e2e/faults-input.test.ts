// Input that no writer of logs would write on purpose: what comes out is what went in, or one dead letter.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { assertRefused, type Report, reportOf } from './support/answers.ts'
import { linescope, makeFolder } from './support/cli.ts'
import { ALONE, PASS_FILES, pipelineOf } from './support/pipelines.ts'

const MEBIBYTE = 2 ** 20

async function pass(t: TestContext, content: Uint8Array): Promise<{ output: Buffer; report: Report }> {
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': content })
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  return { output: readFileSync(join(folder, 'out.log')), report: reportOf(ended) }
}

test('one-byte lines behind a long one, lines of spaces, and pages of zeros come out as they are [A9 A11 A14 A34]', async t => {
  const spaced = Array.from({ length: 300 }, (_, count) => `${' \t'.repeat(count)}x${'\t '.repeat(count)}\n`)
  const content = Buffer.concat([
    Buffer.from(`${'x'.repeat(MEBIBYTE)}\n${'a\n'.repeat(MEBIBYTE / 2)}`),
    Buffer.from(`${spaced.join('')}${' '.repeat(MEBIBYTE)}\n\v\f\u00a0\u3000\n`),
    // As a crash leaves them.
    Buffer.alloc(3 * 4096),
    Buffer.from('after\n'),
    Buffer.alloc(4096)
  ])
  const { output, report } = await pass(t, content)
  assert.ok(output.equals(content), 'the output differs')
  assert.equal(report.ledger.delivered, 1 + MEBIBYTE / 2 + 302 + 2)
})

test('what Linescope itself has written is input like any other [A35]', async t => {
  const folder = makeFolder(t, { 'pipeline.yaml': pipelineOf('{ fail: {}, to: end }'), 'in.log': 'a\nb\n' })
  const failed = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--trace'], { cwd: folder })
  assert.equal(reportOf(failed).ledger.dead, 2)
  const state = join(folder, '.linescope', readdirSync(join(folder, '.linescope'))[0] ?? '')
  const exported = await linescope(t, ['dlq', 'export', 'pipeline.yaml'], { cwd: folder })
  const content = Buffer.concat([
    readFileSync(join(state, 'dead-letters', '000000000001.dll')),
    readFileSync(join(state, 'checkpoint')),
    exported.stdout,
    failed.stdout
  ])
  assert.ok((await pass(t, content)).output.equals(content), 'the output differs')
})

test('of gzip inside gzip one layer is taken off [B2]', async t => {
  const inner = gzipSync('a\nb\n')
  assert.ok((await pass(t, gzipSync(inner))).output.equals(inner))
})

test('an archive of several files is refused with its name, and nothing is taken out of it [B7]', async t => {
  const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.from('../../etc/passwd')])
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': zip })
  const before = readdirSync(folder)
  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  assertRefused(ended, /cannot read "in\.log": it holds zip data/)
  assert.deepEqual(
    readdirSync(folder).filter(name => name !== '.linescope'),
    before
  )
})

const ODD_NAMES = [
  '-i.log',
  ' end with space.log',
  'a\nb.log',
  'c\x1b[2Jd.log',
  'e"\'`$(f).log',
  '%2e%2e.log',
  '\u{1f600}\u202e.log',
  `${'l'.repeat(251)}.log`
]

test('files with odd names are read, and shown so that no terminal is led astray [C10]', async t => {
  const folder = makeFolder(t, PASS_FILES)
  for (const name of ODD_NAMES) writeFileSync(join(folder, name), `${JSON.stringify(name)}\n`)
  const ended = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard', '-i', '*.log'], { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  const lines = readFileSync(join(folder, 'out.log'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(new Set(lines.map(line => JSON.parse(line))), new Set(ODD_NAMES))
  assert.equal(lines.length, ODD_NAMES.length)
  assertHarmless(ended.stderr)
  // A name that is missing is told, too.
  const missing = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard', '-i', 'c\x1b[2Jd\u202e'], {
    cwd: folder
  })
  assertRefused(missing, /no file matches/)
  assertHarmless(missing.stderr)
})

function assertHarmless(text: string): void {
  for (const character of ['\x1b', '\u202e']) assert.ok(!text.includes(character), text)
}
