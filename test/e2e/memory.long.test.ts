// Input that no memory holds: what a run needs does not grow with it.

import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, statfsSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { reportOf } from './support/answers.ts'
import { makeFolder, start } from './support/cli.ts'
import { loghubFiles } from './support/loghub.ts'
import { peakMemory } from './support/memory.ts'

const PIPELINE = `
processors:
  start:
    route:
      - { when: 'line.contains("ERROR")', to: error }
      - { when: 'line.contains("WARN")', to: warn }
      - { to: general }
  error: { trim: {}, to: end }
  warn: { uppercase: {}, to: end }
  general: { filter: { when: '!line.contains("root")' }, to: end }
sinks:
  end: { discard: {} }
`
const LIMIT_BYTES = 350 * 2 ** 20

/** Real logs again and again, each copy with lines of its own. Returns how many lines there are. */
function writeInput(path: string, byteLength: number): number {
  const content = Buffer.concat(loghubFiles().map(file => Buffer.concat([readFileSync(file), Buffer.from('\n')])))
  const linesOfCopy = content.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0)
  const file = openSync(path, 'w')
  let written = 0
  let lines = 0
  for (let copy = 0; written < byteLength; copy++) {
    const head = Buffer.from(`copy ${copy}\n`)
    writeSync(file, head)
    for (let from = 0; from < content.length; ) from += writeSync(file, content, from)
    written += head.length + content.length
    lines += linesOfCopy + 1
  }
  closeSync(file)
  return lines
}

async function peakOf(t: TestContext, byteLength: number): Promise<number> {
  const { bavail, bsize } = statfsSync(tmpdir())
  assert.ok(bavail * bsize > byteLength * 1.2, `${tmpdir()} has no room for ${byteLength} bytes of input`)
  const folder = makeFolder(t, { 'pipeline.yaml': PIPELINE })
  const input = join(folder, 'in.log')
  const lines = writeInput(input, byteLength)

  const startedAt = performance.now()
  const args = ['run', 'pipeline.yaml', '-i', 'in.log', '--trace', '--port', '0', '--exit', '--quiet', '--json']
  const cli = start(t, args, { cwd: folder })
  const peak = await peakMemory(cli)
  const ended = await cli.ended

  const seconds = (performance.now() - startedAt) / 1000
  t.diagnostic(
    `${(byteLength / 1e6).toFixed(0)} MB: peak RSS ${(peak / 2 ** 20).toFixed(0)} MiB, ${seconds.toFixed(1)} s, ` +
      `${(lines / seconds / 1e6).toFixed(2)} M lines/s`
  )
  assert.equal(ended.code, 0, ended.stderr)
  const { ledger, input: read } = reportOf(ended)
  assert.equal(ledger.entered, lines)
  assert.equal(ledger.delivered + ledger.dropped, lines)
  assert.equal(read.bytes, statSync(input).size)
  return peak
}

test('2 GB of input take no more memory than 200 MB, and at most 350 MiB', {
  skip: process.platform !== 'linux'
}, async t => {
  const small = await peakOf(t, 200e6)
  const large = await peakOf(t, 2e9)

  assert.ok(large <= LIMIT_BYTES, `${large} bytes`)
  assert.ok(large <= small * 1.1, `${large} bytes, and ${small} for 200 MB`)
})
