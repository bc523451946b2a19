import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { ODD_LINES, runProcessor, verifyProcessor } from '../testing/index.ts'
import { lowercase } from './lowercase.ts'
import { trim } from './trim.ts'
import { uppercase } from './uppercase.ts'

async function values(definition: Parameters<typeof runProcessor>[0], lines: string[]) {
  return (await runProcessor(definition, lines)).values
}

describe('uppercase', () => {
  test('keeps what every processor keeps to', () => verifyProcessor(uppercase))

  test('writes every letter large, those of Unicode too', async () => {
    const lines = ['abc Def 1', 'straße', 'éè', 'ŉ', '', 'a\0b', '\ud800x', 'x\u2028y', '😀a', 'ALREADY']

    assert.deepEqual(await values(uppercase, lines), [
      'ABC DEF 1',
      'STRASSE',
      'ÉÈ',
      'ʼN',
      '',
      'A\0B',
      '\ud800X',
      'X\u2028Y',
      '😀A',
      'ALREADY'
    ])
  })
})

describe('lowercase', () => {
  test('keeps what every processor keeps to', () => verifyProcessor(lowercase))

  test('writes every letter small, those of Unicode too', async () => {
    const lines = ['ABC Def 1', 'ÉÈ', 'ΟΔΟΣ', 'İ', '', 'A\0B', '\ud800X', 'X\u2028Y', '😀A']

    assert.deepEqual(await values(lowercase, lines), [
      'abc def 1',
      'éè',
      'οδος',
      'i̇',
      '',
      'a\0b',
      '\ud800x',
      'x\u2028y',
      '😀a'
    ])
  })
})

describe('trim', () => {
  test('keeps what every processor keeps to', () => verifyProcessor(trim))

  test('takes white space from the ends and leaves what is inside', async () => {
    const lines = ['  a  b \t', '\u00a0x\u3000', '\ufeffx', '\u2028x\r', '   ', '', '\0 x \0']

    assert.deepEqual(await values(trim, lines), ['a  b', 'x', 'x', 'x', '', '', '\0 x \0'])
  })

  test('leaves a line without white space at its ends as it is', async () => {
    const lines = ODD_LINES.filter(line => !/^\s|\s$/.test(line))

    assert.deepEqual(await values(trim, lines), lines)
  })
})

test('text steps refuse a record and say what is missing', async () => {
  for (const definition of [uppercase, lowercase, trim]) {
    const { errors } = await runProcessor(definition, [{ a: 1 }])
    assert.equal(errors[0].message, `"${definition.name}" takes text, got a record: add to_json before it`)
  }
})
