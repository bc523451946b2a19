// Files as they should not be, and are. Whatever is in them comes out as it went in, or it is said why not.

import assert from 'node:assert/strict'
import type { SpawnOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { assertRefused, reportOf } from './support/answers.ts'
import { Cli, cleanEnvironment, LINESCOPE, linescope, makeFolder, start } from './support/cli.ts'
import { peakMemory } from './support/memory.ts'
import { ALONE, PASS_FILES, pipelineOf } from './support/pipelines.ts'

const run = (t: TestContext, folder: string, ...args: string[]) =>
  linescope(t, ['run', 'pipeline.yaml', ...ALONE, ...args], { cwd: folder })

describe('an input that cannot be read is refused before an output is touched', () => {
  const before = { ...PASS_FILES, 'out.log': 'from before\n' }

  test('no such file, with the near name that is there', async t => {
    const folder = makeFolder(t, { ...before, 'access.log': 'a\n' })

    assertRefused(await run(t, folder, '-i', 'acess.log'), /no such file: "acess\.log"\. Did you mean "access\.log"\?/)
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'from before\n')
  })

  test('a folder, with a glob that would do', async t => {
    const folder = makeFolder(t, before)
    mkdirSync(join(folder, 'logs'))

    assertRefused(
      await run(t, folder, '-i', 'logs'),
      /cannot read "logs": it is a folder\. Use a glob.*"logs\/\*\.log"/
    )
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'from before\n')
  })

  test('no permission [C11]', async t => {
    const folder = makeFolder(t, { ...before, 'in.log': 'a\n' })
    chmodSync(join(folder, 'in.log'), 0)
    const args = [LINESCOPE, 'run', 'pipeline.yaml', ...ALONE]
    const options: SpawnOptions = { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnvironment() }
    // Root may read everything unless it lets go of the right to.
    const lets = ['--bounding-set=-dac_override,-dac_read_search', process.execPath, ...args]
    const cli = process.getuid?.() === 0 ? new Cli('setpriv', lets, options) : new Cli(process.execPath, args, options)

    assertRefused(await cli.end(), /cannot read "in\.log": no permission\. .*chmod/)
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'from before\n')
  })
})

describe('what is in a file comes out byte for byte', () => {
  const odd = [
    '\ufeffa byte order mark\n',
    'CRLF\r\n',
    'LF\n',
    'lone \r CR\r\n',
    '\r\n',
    '\r\r\n',
    'NUL \0 bytes\n',
    '\0\n',
    'U+2028 \u2028, U+2029 \u2029 and U+0085 \u0085 end no line\n'
  ].map(text => Buffer.from(text))
  const notUtf8 = [
    [0x61, 0xff, 0xfe, 0x0a],
    [0xc3, 0x0a],
    [0xed, 0xa0, 0x80, 0x0a],
    [0xe2, 0x82]
  ].map(bytes => Buffer.from(bytes))
  const cases: readonly (readonly [name: string, content: Uint8Array, lines: number])[] = [
    ['an empty file [A1]', Buffer.from(''), 0],
    ['a file without a final newline [A2]', Buffer.from('a\nb'), 2],
    ['only newlines [A1]', Buffer.from('\n\n\n'), 3],
    [
      'marks, CRLF and CR, NUL, line separators, bytes that are not UTF-8 [A4 A6 A8 A9 A10]',
      Buffer.concat([...odd, ...notUtf8]),
      13
    ],
    ['1,000,000 empty lines [A1 A14]', Buffer.alloc(1_000_000, '\n'), 1_000_000]
  ]
  for (const [name, content, lines] of cases) {
    test(name, async t => {
      const folder = makeFolder(t, { ...PASS_FILES, 'in.log': content })

      const ended = await run(t, folder)

      assert.equal(ended.code, 0, ended.stderr)
      const { ledger } = reportOf(ended)
      assert.deepEqual([ledger.entered, ledger.delivered], [lines, lines])
      assert.ok(readFileSync(join(folder, 'out.log')).equals(content), 'the output differs')
    })
  }
})

test('a changed line keeps its line end, and what is not UTF-8 in it becomes U+FFFD, counted and said [A4 A6 A8]', async t => {
  const lines = ['a\r\n', 'b\u2028b\n', 'c\xff\n', 'd\0\n', '\r\n', 'E']
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf('{ uppercase: {}, to: end }'),
    'in.log': Buffer.concat(lines.map(line => Buffer.from(line, line.includes('\xff') ? 'latin1' : 'utf8')))
  })

  const ended = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard', '--json'], { cwd: folder })

  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'A\r\nB\u2028B\nC\ufffd\nD\0\n\r\nE')
  assert.equal(reportOf(ended).input.invalid_utf8_lines, 1)
  assert.match(ended.stderr, /1 changed line held bytes that are not UTF-8: they became U\+FFFD/)
})

describe('compressed input', () => {
  const content = Buffer.from(Array.from({ length: 5000 }, (_, number) => `line ${number} ${number ** 7}\n`).join(''))

  test('is read as what was compressed, whatever its name [B6]', async t => {
    const folder = makeFolder(t, { ...PASS_FILES, 'in.log': gzipSync(content) })

    const ended = await run(t, folder)

    assert.equal(ended.code, 0, ended.stderr)
    assert.ok(readFileSync(join(folder, 'out.log')).equals(content), 'the output differs')
  })

  for (const [name, broken, message] of [
    ['that is cut off', gzipSync(content).subarray(0, 20_000), /"in\.log": the gzip data is cut off at byte 20000/],
    [
      'with damage in the middle',
      Buffer.concat([gzipSync(content).subarray(0, 20_000), randomBytes(500), gzipSync(content).subarray(20_500)]),
      /"in\.log": the gzip data is damaged \(.*\) at byte \d+ of the compressed data\. What came before it was read\./
    ]
  ] as const) {
    test(`${name} gives every line before the damage, says where it is, and exits 1 [B3]`, async t => {
      const folder = makeFolder(t, { ...PASS_FILES, 'in.log': broken })

      const ended = await run(t, folder)

      assert.equal(ended.code, 1)
      assert.match(ended.stderr, message)
      assert.doesNotMatch(ended.stderr, /^\s+at /m)
      const output = readFileSync(join(folder, 'out.log'))
      const { ledger, state } = reportOf(ended)
      assert.equal(state, 'failed')
      assert.ok(ledger.delivered > 500, `${ledger.delivered} lines`)
      assert.equal(ledger.delivered, ledger.entered)
      // The line that the damage cuts is no line.
      const whole = content.subarray(0, output.length)
      if (name === 'that is cut off') assert.ok(output.equals(whole), 'the output differs')
      else assert.ok(output.subarray(0, 40_000).equals(whole.subarray(0, 40_000)), 'the output differs')
    })
  }
})

describe('an output that cannot be written is refused', () => {
  const files = { ...PASS_FILES, 'in.log': 'a\n' }

  test('in a folder that is not there', async t => {
    const folder = makeFolder(t, files)

    assertRefused(
      await run(t, folder, '-o', 'new/out.log'),
      /cannot write "new\/out\.log": there is no folder ".*new"\. Make it first: mkdir -p/
    )
    assert.equal(existsSync(join(folder, 'new')), false)
  })

  test('when it is a folder', async t => {
    const folder = makeFolder(t, files)

    assertRefused(await run(t, folder, '-o', '.'), /cannot write "\.": it is a folder/)
  })

  for (const how of ['by its name', 'through a symbolic link', 'through a hard link'] as const) {
    test(`when it is the input, ${how} [C17]`, async t => {
      const folder = makeFolder(t, files)
      const other = how === 'by its name' ? './in.log' : 'other.log'
      if (how === 'through a symbolic link') symlinkSync('in.log', join(folder, other))
      if (how === 'through a hard link') linkSync(join(folder, 'in.log'), join(folder, other))

      assertRefused(await run(t, folder, '-o', other), /the sink "end" writes the file that the source reads/)
      assert.equal(readFileSync(join(folder, 'in.log'), 'utf8'), 'a\n')
    })
  }
})

test('a line longer than the limit is a dead letter, and the lines around it come out [A11]', async t => {
  const folder = makeFolder(t, PASS_FILES)
  const parts = ['before\n', 'x'.repeat(1_048_576), '\n', 'y'.repeat(1_048_577), '\nafter\n']
  writeFileSync(join(folder, 'in.log'), parts.join(''))

  const ended = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard', '--json'], { cwd: folder })

  assert.equal(ended.code, 0, ended.stderr)
  const { ledger } = reportOf(ended)
  assert.deepEqual([ledger.entered, ledger.delivered, ledger.dead], [4, 3, 1])
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), `${parts.slice(0, 3).join('')}after\n`)
})

test('a line of 200 MB is a dead letter too, and takes no memory [A11]', async t => {
  const folder = makeFolder(t, PASS_FILES)
  const file = openSync(join(folder, 'in.log'), 'w')
  writeSync(file, 'before\n')
  const piece = Buffer.alloc(1_000_000, 'long ')
  for (let count = 0; count < 200; count++) writeSync(file, piece)
  writeSync(file, '\nafter\n')
  closeSync(file)

  const cli = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
  const peak = await peakMemory(cli)
  const ended = await cli.end()

  t.diagnostic(`peak RSS ${(peak / 2 ** 20).toFixed(0)} MiB`)
  assert.equal(ended.code, 0, ended.stderr)
  const { ledger } = reportOf(ended)
  assert.deepEqual([ledger.entered, ledger.delivered, ledger.dead], [3, 2, 1])
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'before\nafter\n')
  assert.ok(peak < 350 * 2 ** 20, `${peak} bytes`)
})
