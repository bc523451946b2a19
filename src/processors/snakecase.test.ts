import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { runProcessor, verifyProcessor } from '../testing/index.ts'
import { snakecase } from './snakecase.ts'

async function snake(...lines: string[]) {
  return (await runProcessor(snakecase, lines)).values
}

/** The four sentences of its description, each as it is said. */
function reference(line: string): string {
  return line
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/(?<=\p{Ll}\p{M}*)(?=\p{Lu})/gu, '_')
    .toLowerCase()
}

describe('snakecase', () => {
  test('keeps what every processor keeps to', () => verifyProcessor(snakecase))

  test('joins words with one underscore and writes them small', async () => {
    assert.deepEqual(await snake('Hello, World!', 'general: This is a general message', '  --a..b__c--  ', 'x'), [
      'hello_world',
      'general_this_is_a_general_message',
      'a_b_c',
      'x'
    ])
  })

  test('parts words where a lower case letter meets an upper case one, and nowhere else', async () => {
    assert.deepEqual(await snake('requestID', 'fooBarBaz', 'HTTPServer', 'v2Beta', 'a B', 'aB'), [
      'request_id',
      'foo_bar_baz',
      'httpserver',
      'v2beta',
      'a_b',
      'a_b'
    ])
  })

  test('knows the letters and digits of all scripts', async () => {
    assert.deepEqual(
      await snake('größeÄndern', 'café—crème', 'Ελλάδα 2024', '日本 語', '٣ ٤', 'cafe\u0301Bar', 'हिन्दी भाषा'),
      ['größe_ändern', 'café_crème', 'ελλάδα_2024', '日本_語', '٣_٤', 'cafe\u0301_bar', 'हिन्दी_भाषा']
    )
  })

  test('leaves nothing of a line without letters and digits', async () => {
    assert.deepEqual(await snake('', '---', '\0', '\ud800', '\u2028', '😀', '_'), ['', '', '', '', '', '', ''])
  })

  test('takes odd characters for separators', async () => {
    assert.deepEqual(await snake('a\0b', 'a\ud800b', 'a\u2028b', 'a😀B', '\ufeffa'), ['a_b', 'a_b', 'a_b', 'a_b', 'a'])
  })

  test('says the same as its description, for ASCII and beyond', async () => {
    const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 40 })
    const mixed = fc.string({
      unit: fc.constantFrom('a', 'B', '1', '_', ' ', '-', 'é', 'É', 'ß', 'İ', '\u0301', '\ud800', '😀', 'ǅ', 'Σ', 'Ł')
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(ascii, mixed, fc.string({ unit: 'binary' })), { maxLength: 50 }),
        async lines => {
          assert.deepEqual(await snake(...lines), lines.map(reference))
        }
      ),
      { numRuns: 200 }
    )
  })

  test('copes with lines longer than any buffer, also right after short ones', async () => {
    const long = 'aB '.repeat(400_000)
    const marks = `a${'\u0301'.repeat(500_000)}B`

    const [short, result, ofMarks] = await snake('aB', long, marks)

    assert.equal(short, 'a_b')
    assert.equal(result, Array.from({ length: 400_000 }, () => 'a_b').join('_'))
    assert.equal(ofMarks?.length, marks.length + 1)
  })
})
