// Real logs through the command line, checked against a few lines of code that do the same by themselves.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { reportOf } from './support/answers.ts'
import { linescope, makeFolder, ROOT } from './support/cli.ts'
import { linesOfAll, loghubFiles } from './support/loghub.ts'
import { ALONE, PASS_FILES } from './support/pipelines.ts'

const DEMO = join(ROOT, 'examples', 'demo', 'pipeline.yaml')
const inputs = (files: readonly string[]): string[] => files.flatMap(file => ['-i', file])

/** What the demo makes of a text that its `error` cannot parse. */
function demoOf(text: string): string {
  assert.doesNotMatch(text, /^\S+ ERROR \S+ E\d+ /, 'no line of the logs is one that the demo itself would parse')
  if (text.includes('WARN') && !text.includes('ERROR')) return text.toUpperCase()
  const words = text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  return words
    .join('_')
    .replace(/(\p{Ll}\p{M}*)(?=\p{Lu})/gu, '$1_')
    .toLowerCase()
}

test('the demo takes in every line of five real logs and accounts for each, in input order', async t => {
  const files = loghubFiles()
  const folder = makeFolder(t)
  const output = join(folder, 'out.log')

  const ended = await linescope(t, [
    ...['run', DEMO, ...inputs(files), '-o', output, '--state', join(folder, 'state')],
    ...['--trace', '--exit', '--port', '0', '--json', '--quiet']
  ])

  assert.equal(ended.code, 0, ended.stderr)
  const { ledger, lines_processed_by_each_processor: received } = reportOf(ended)
  const lines = linesOfAll(files)
  assert.equal(lines.length, 10_000)
  assert.equal(ledger.entered, lines.length)
  assert.equal(ledger.delivered + ledger.dropped + ledger.dead, lines.length)
  assert.equal(received['start'], lines.length)

  const expected = lines.map(({ bytes, end }) => demoOf(bytes.toString()) + end).join('')
  assert.ok(readFileSync(output).equals(Buffer.from(expected)), 'the output differs')
})

test('lines that no processor changes come out byte for byte, beside changed, dropped and dead ones', async t => {
  const files = loghubFiles()
  const folder = makeFolder(t, {
    ...PASS_FILES,
    'pipeline.yaml': `
processors:
  start:
    route:
      - { when: 'line.contains("error")', to: loud }
      - { when: 'line.contains("INFO")', to: short }
      - { when: 'line.contains("Failed")', to: broken }
      - { to: pass }
  loud: { uppercase: {}, to: end }
  short: { filter: { when: 'line.contains("src")' }, to: end }
  broken: { fail: { when: 'line.contains("root")' }, to: end }
  pass: { use: ./pass.ts#pass }
sinks:
  end: { file: { path: out.log } }
`
  })

  const ended = await linescope(t, ['run', join(folder, 'pipeline.yaml'), ...inputs(files), ...ALONE])

  assert.equal(ended.code, 0, ended.stderr)
  const expected: Buffer[] = []
  const counts = { delivered: 0, dropped: 0, dead: 0, changed: 0 }
  for (const { bytes, end } of linesOfAll(files)) {
    const text = bytes.toString('latin1')
    let out = bytes
    if (text.includes('error')) {
      out = Buffer.from(bytes.toString().toUpperCase())
      counts.changed++
    } else if (text.includes('INFO')) {
      if (!text.includes('src')) {
        counts.dropped++
        continue
      }
    } else if (text.includes('Failed') && text.includes('root')) {
      counts.dead++
      continue
    }
    counts.delivered++
    expected.push(out, Buffer.from(end))
  }
  assert.ok(counts.changed > 100 && counts.dropped > 100 && counts.dead > 100, JSON.stringify(counts))
  const { ledger } = reportOf(ended)
  const { delivered, dropped, dead } = ledger
  assert.deepEqual(
    { delivered, dropped, dead },
    { delivered: counts.delivered, dropped: counts.dropped, dead: counts.dead }
  )
  assert.ok(readFileSync(join(folder, 'out.log')).equals(Buffer.concat(expected)), 'the output differs')
})

test('a pipeline that passes everything on writes each file as it is', async t => {
  const files = loghubFiles()
  const folder = makeFolder(t, PASS_FILES)

  const ended = await linescope(t, ['run', join(folder, 'pipeline.yaml'), ...inputs(files), ...ALONE])

  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(reportOf(ended).ledger.delivered, 10_000)
  const expected = linesOfAll(files).flatMap(({ bytes, end }) => [bytes, Buffer.from(end)])
  assert.ok(readFileSync(join(folder, 'out.log')).equals(Buffer.concat(expected)), 'the output differs')
})
