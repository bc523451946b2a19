import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import type { ByteReader } from '../../base/byte-reader.ts'
import { WholeLinesReader } from './whole-lines-reader.ts'

/** Gives these pieces, some of them later, then fails or ends. */
function readerOf(pieces: readonly string[], isLater: (index: number) => boolean, failure?: Error): ByteReader {
  let index = 0
  let rest: Buffer = Buffer.alloc(0)
  return {
    readBytes: 0,
    rewind: undefined,
    read(target, offset, length) {
      if (rest.length === 0 && index < pieces.length) rest = Buffer.from(pieces[index++])
      if (rest.length === 0 && failure !== undefined) throw failure
      const count = Math.min(rest.length, length)
      target.set(rest.subarray(0, count), offset)
      rest = rest.subarray(count)
      return isLater(index) ? Promise.resolve(count) : count
    },
    close() {}
  }
}

async function all(reader: ByteReader, length: number): Promise<{ parts: string[]; error: unknown }> {
  const parts: string[] = []
  const target = Buffer.alloc(length + 3)
  try {
    for (;;) {
      const count = await reader.read(target, 2, length)
      if (count === 0) return { parts, error: undefined }
      parts.push(target.toString('latin1', 2, 2 + count))
    }
  } catch (error) {
    return { parts, error }
  }
}

describe('whole lines', () => {
  test('every byte comes once, and each read ends behind a newline while lines fit', async () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 12 })
    const property = fc.asyncProperty(fc.array(piece), fc.integer({ min: 1, max: 40 }), async (pieces, length) => {
      const text = pieces.join('')
      const { parts } = await all(new WholeLinesReader(readerOf(pieces, index => index % 3 === 0)), length)
      assert.equal(parts.join(''), text)
      const longest = Math.max(0, ...text.split('\n').map(line => line.length + 1))
      if (longest <= length) for (const part of parts.slice(0, -1)) assert.ok(part.endsWith('\n'))
    })
    await fc.assert(property, { numRuns: 500 })
  })

  test('of a line that is cut by a failure nothing is given', async () => {
    const failure = new Error('gone')
    const { parts, error } = await all(new WholeLinesReader(readerOf(['one\ntw', 'o\nthr'], () => false, failure)), 100)
    assert.deepEqual([parts.join(''), error], ['one\ntwo\n', failure])
  })
})
