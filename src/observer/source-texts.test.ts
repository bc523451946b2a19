import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { type SourceFile, type SourceText, SourceTexts } from './source-texts.ts'

function fileOf(t: TestContext, content: string): { texts: SourceTexts; file: SourceFile; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-texts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'in.log')
  writeFileSync(path, content)
  const { dev, ino } = statSync(path, { bigint: true })
  const file = { path, device: String(dev), inode: String(ino), isCompressed: false }
  const texts = new SourceTexts()
  texts.learn([undefined, file])
  return { texts, file, path }
}

function textOf(text: SourceText): string {
  return 'because' in text ? `because ${text.because}` : Buffer.from(text.bytes).toString() + (text.isCut ? '…' : '')
}

test('a line is read again without its line end, the last one also without any', t => {
  const { texts, file } = fileOf(t, 'one\ntwo\r\nthree')
  assert.equal(textOf(texts.read(file, 1, 0, 4)), 'one')
  assert.equal(textOf(texts.read(file, 1, 4, 5)), 'two')
  assert.equal(textOf(texts.read(file, 1, 9, 5)), 'three')
})

test('a file that has grown is the same file', t => {
  const { texts, file, path } = fileOf(t, 'one\ntwo\n')
  writeFileSync(path, 'three\n', { flag: 'a' })
  assert.equal(textOf(texts.read(file, 1, 4, 4)), 'two')
})

test('of a long line the beginning is shown', t => {
  const { texts, file } = fileOf(t, `${'x'.repeat(20_000)}\n`)
  assert.equal(textOf(texts.read(file, 1, 0, 20_001)), `${'x'.repeat(16_384)}…`)
})

test('nothing is shown of another file, of changed first bytes, and where no line stands', t => {
  const changed = 'because its file is not the one any more that was read'
  const { texts, file, path } = fileOf(t, 'one\ntwo\nthree\n')
  assert.equal(textOf(texts.read(file, 1, 5, 3)), changed)
  assert.equal(textOf(texts.read(file, 1, 4, 5)), changed)
  assert.equal(textOf(texts.read(file, 1, 8, 20)), changed)
  writeFileSync(path, 'One\ntwo\nthree\n')
  assert.equal(textOf(texts.read(file, 1, 4, 4)), changed)
  renameSync(path, `${path}.1`)
  assert.equal(textOf(texts.read(file, 1, 4, 4)), changed)
  writeFileSync(path, 'one\ntwo\nthree\n')
  assert.equal(textOf(texts.read(file, 1, 4, 4)), changed)
})

test('what is no file, and what is compressed, says so', t => {
  const { texts, file } = fileOf(t, 'one\n')
  assert.match(textOf(texts.read(undefined, 0, 0, 4)), /no file/)
  assert.match(textOf(texts.read({ ...file, isCompressed: true }, 1, 0, 4)), /compressed/)
})
