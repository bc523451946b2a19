// What a person sees when a processor takes its own thread down: which one it was and with which line, and that the run
// goes on without that line; or, where it cannot, why not, exit 1, and a next run that goes on.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { type Ended, linescope, makeFolder } from './support/cli.ts'

const MODULE = `
import { existsSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

// With the marker 'refuse' a thread that begins ends itself, except the first one.
if (!isMainThread && existsSync('refuse')) process.exit(9)

export const leak = line => {
  const kept = []
  while (line === 'line 500') kept.push('x'.repeat(100) + kept.length)
  return line
}
export const exit = line => (line === 'line 500' ? process.exit(0) : line)
export const refuse = line => {
  if (line !== 'line 500') return line
  writeFileSync('refuse', '')
  process.exit(9)
}
export const letGo = line => { void Promise.reject(new Error('let go of ' + line)); return line }
const overflow = depth => overflow(depth + 1) + 1
export const excess = line => {
  if (line === 'line 500') overflow(0)
  return line === 'line 600' ? 'x'.repeat(2 ** 40) : line
}
`

function folderFor(t: TestContext, processor: string): string {
  return makeFolder(t, {
    'in.txt': linesBut(),
    'processors.js': MODULE,
    'pipeline.yaml': `
source: { file: { path: in.txt } }
processors: { greedy: { use: ./processors.js#${processor}, to: end } }
sinks: { end: { file: { path: out.txt } } }
`
  })
}

async function run(t: TestContext, folder: string): Promise<Ended> {
  // A small heap, so that it is full soon.
  const env = { NODE_OPTIONS: '--max-old-space-size=64' }
  return await linescope(t, ['run', 'pipeline.yaml', '--port', '0', '--exit'], { cwd: folder, env })
}

function linesBut(left = 0): string {
  return Array.from({ length: 1_000 }, (_, index) => (index + 1 === left ? '' : `line ${index + 1}\n`)).join('')
}

function output(folder: string): string {
  return readFileSync(join(folder, 'out.txt'), 'utf8')
}

describe('a lane that dies', () => {
  test('out of memory is followed by another one, and the line that used it up is a dead letter [A31]', async t => {
    const folder = folderFor(t, 'leak')

    const { code, stderr } = await run(t, folder)

    assert.equal(code, 0, stderr)
    assert.match(
      stderr,
      /^the lane ran out of memory inside "greedy", (at line 500|in the lines from line \d+) of "in\.txt"/m
    )
    assert.match(stderr, /; line 500 of "in\.txt" is not tried again\.$/m)
    assert.match(stderr, /1,000 entered = 999 delivered \+ 1 dead\n0 lines unaccounted/)
    assert.equal(output(folder), linesBut(500))
    assert.doesNotMatch(stderr, /^ +at /m)
  })

  test('by process.exit(0) is no success, but no end either [A30]', async t => {
    const folder = folderFor(t, 'exit')

    const { code, stderr } = await run(t, folder)

    assert.equal(code, 0, stderr)
    assert.equal(stderr.match(/^the lane's thread ended by itself \(exit 0\) inside "greedy"/gm)?.length, 3)
    assert.match(stderr, /: a processor must not call process\.exit\. .*; line 500 of "in\.txt" is not tried again\.$/m)
    assert.match(stderr, /1,000 entered = 999 delivered \+ 1 dead\n0 lines unaccounted/)
    assert.equal(output(folder), linesBut(500))
  })

  test('again and again at one place ends the run with exit 1 and a report; the next run goes on from there', async t => {
    const folder = folderFor(t, 'refuse')

    const { code, stderr } = await run(t, folder)

    assert.equal(code, 1, stderr)
    assert.match(
      stderr,
      /^linescope: the lane's thread ended by itself \(exit 9\).* It is not restarted again: it died 6/m
    )
    assert.match(stderr, /\d+ entered = \d+ delivered.*\n0 lines unaccounted/)

    writeFileSync(join(folder, 'processors.js'), 'export const refuse = line => line')
    const fixed = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard', '--resume'], { cwd: folder })
    assert.equal(fixed.code, 0, fixed.stderr)
    assert.match(fixed.stderr, /^Going on from the checkpoint/m)
    assert.equal(output(folder), linesBut())
  })

  test('ends a run whose input cannot be read again: its lines would be lost', async t => {
    const folder = folderFor(t, 'exit')
    rmSync(join(folder, 'in.txt'))
    execFileSync('mkfifo', [join(folder, 'in.txt')])
    const writing = spawn('sh', ['-c', 'seq -f "line %.0f" 1 1000 > in.txt'], { cwd: folder, stdio: 'ignore' })
    t.after(() => writing.kill())

    const { code, stderr } = await run(t, folder)

    assert.equal(code, 1, stderr)
    assert.match(stderr, /exit 0.* It cannot be restarted: what it had read of "in\.txt" cannot be read again$/m)
  })

  test('is not what comes of a stack overflow or of a text that is too large: they cost the line', async t => {
    const folder = folderFor(t, 'excess')

    const { code, stderr } = await run(t, folder)

    assert.equal(code, 0, stderr)
    assert.doesNotMatch(stderr, /goes on from its last snapshot/)
    assert.match(stderr, /1,000 entered = 998 delivered \+ 2 dead\n0 lines unaccounted/)
    assert.equal(output(folder), linesBut(500).replace('line 600\n', ''))
  })

  test('is not what a rejection is that nobody handled: it is said a few times, then counted [E10]', async t => {
    const { code, stderr } = await run(t, folderFor(t, 'letGo'))

    assert.equal(code, 0, stderr)
    assert.equal(stderr.match(/a promise was rejected and nobody handled it/g)?.length, 5)
    assert.match(stderr, /^errors outside any call: 995 more like these$/m)
    assert.match(stderr, /1,000 entered = 1,000 delivered/)
  })
})
