import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync, renameSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import type { InputPosition } from '../../sdk/source.ts'
import { temporaryFolder } from '../test-support.ts'
import { type Followed, follow, Turns } from './follow-fixtures.ts'

/** As a checkpoint has it that stands behind so many bytes of the file. */
function positionOf(path: string, offset: number, more: Partial<InputPosition> = {}): InputPosition {
  const bytes = readFileSync(path).subarray(0, 4096)
  const { dev, ino } = statSync(path)
  return {
    sourceNumber: 5,
    name: 'a.log',
    path,
    stored: { device: String(dev), inode: String(ino), isCompressed: false },
    head: { byteCount: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    offset,
    lineNumber: readFileSync(path, 'latin1').slice(0, offset).split('\n').length - 1,
    isFinished: false,
    ...more
  }
}

async function resumed(
  t: TestContext,
  folder: string,
  positions: InputPosition[],
  options: object = { path: 'a.log' }
): Promise<Followed & { turns: Turns }> {
  const followed = follow(t, { options, resume: positions }, folder)
  return { ...followed, turns: await new Turns(followed.source).read() }
}

function told({ turns }: { turns: Turns }): unknown[] {
  return turns.texts.map(({ input, text, endsFile }) => [input.sourceNumber, input.start?.offset, text, endsFile])
}

const LINES = 'one\ntwo\nthree\n'

function folderWithLog(t: TestContext): { folder: string; log: string } {
  const folder = temporaryFolder(t)
  const log = join(folder, 'a.log')
  writeFileSync(log, LINES)
  return { folder, log }
}

describe('following files: going on from a checkpoint', () => {
  test('goes on where it stood, with the same number, and counts new files on from the largest', async t => {
    const { folder, log } = folderWithLog(t)
    const position = positionOf(log, 4)
    writeFileSync(join(folder, 'b.log'), 'b\n')
    const followed = await resumed(t, folder, [position], { paths: ['a.log', 'b.log'] })
    assert.deepEqual(told(followed), [
      [5, 4, 'two\nthree\n', false],
      [6, 0, 'b\n', undefined]
    ])
    assert.equal(followed.turns.texts[0].input.start?.lineNumber, 1)
    assert.deepEqual(followed.messages, [])
  })

  test('a file that was renamed is found under its new name and read to its end before the next one [C1]', async t => {
    const { folder, log } = folderWithLog(t)
    const position = positionOf(log, 4)
    appendFileSync(log, 'four\n')
    renameSync(log, join(folder, 'a.log.1'))
    writeFileSync(log, 'new\n')
    const followed = await resumed(t, folder, [position])
    assert.deepEqual(told(followed), [
      [5, 4, 'two\nthree\nfour\n', false],
      [6, 0, 'new\n', undefined]
    ])
    assert.deepEqual(followed.messages, ['"a.log" is called "a.log.1" now: it is read to its end from byte 4 on.'])
  })

  test('rotated twice under a glob that takes all: nothing is read again [C2]', async t => {
    const { folder, log } = folderWithLog(t)
    const position = positionOf(log, 14)
    renameSync(log, `${log}.2`)
    writeFileSync(`${log}.1`, 'middle\n')
    writeFileSync(log, 'new\n')
    const { turns } = await resumed(t, folder, [position], { path: 'a.log*' })
    assert.deepEqual(turns.texts.map(({ text }) => text).sort(), ['middle\n', 'new\n'])
  })

  test('a file that is gone is told with its place, and the next checkpoint names it no more', async t => {
    const { folder, log } = folderWithLog(t)
    const position = positionOf(log, 4)
    unlinkSync(log)
    // An inode of its own, also where the system gives the last one again.
    writeFileSync(join(folder, 'other'), '')
    writeFileSync(log, 'a new file that says something else\n')
    const followed = await resumed(t, folder, [position])
    assert.deepEqual(told(followed), [
      [5, 4, '', true],
      [6, 0, 'a new file that says something else\n', undefined]
    ])
    assert.equal(followed.messages.length, 1)
    assert.match(followed.messages[0], /what came after byte 4 of it is not read, if there was more\.$/)
  })

  test('a file with the inode of another one is read from its beginning [C6]', async t => {
    const { folder, log } = folderWithLog(t)
    const position = positionOf(log, 14)
    // In place: the inode stays, as when the system gives it to the next file.
    writeFileSync(log, 'one with another beginning\nand longer\n')
    const followed = await resumed(t, folder, [position])
    assert.deepEqual(told(followed).at(-1), [6, 0, 'one with another beginning\nand longer\n', undefined])
    assert.match(followed.messages[0], /^"a\.log" was truncated or written anew since the run before: what came after/)
  })

  test('a file that was truncated is read from its beginning [C4]', async t => {
    const { folder, log } = folderWithLog(t)
    const position = positionOf(log, 14)
    truncateSync(log)
    appendFileSync(log, 'new\n')
    assert.deepEqual(told(await resumed(t, folder, [position])).at(-1), [6, 0, 'new\n', undefined])
  })

  test('another device number does not matter when the bytes are the same; with few bytes it does', async t => {
    const folder = temporaryFolder(t)
    const log = join(folder, 'a.log')
    for (const [text, offset] of [
      [LINES.repeat(10), 4],
      [LINES, 0]
    ] as const) {
      writeFileSync(log, text)
      const position = positionOf(log, 4)
      const stored = { ...position.stored!, device: '987654321' }
      const last = told(await resumed(t, folder, [{ ...position, stored }])).at(-1) as unknown[]
      assert.equal(last[1], offset)
    }
  })

  test('start_at: end does not pass over what a checkpoint has not seen', async t => {
    const { folder, log } = folderWithLog(t)
    writeFileSync(join(folder, 'b.log'), 'came while nobody read\n')
    const options = { path: '*.log', start_at: 'end' }
    const { turns } = await resumed(t, folder, [positionOf(log, 14)], options)
    assert.deepEqual(
      turns.texts.map(({ text }) => text),
      ['came while nobody read\n']
    )
  })

  test('files that are over are let go, but for the one with the largest number', async t => {
    const { folder, log } = folderWithLog(t)
    const finished = [2, 3].map(sourceNumber => positionOf(log, 14, { sourceNumber, isFinished: true }))
    const { source, released } = await resumed(t, folder, finished)
    source.committed?.(4)
    assert.deepEqual(released, [2, 3])
    source.committed?.(5)
    assert.deepEqual(released, [2, 3, 4])
  })
})
