import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { checkpoint } from './checkpoint-fixtures.ts'
import { decodeCheckpoint, encodeCheckpoint } from './encoding.ts'

describe('a checkpoint as bytes', () => {
  test('comes back as it was, whatever names and states are in it', () => {
    const states: unknown[] = [
      null,
      'text',
      17,
      [],
      { ['__proto__']: 1, constructor: [{}] },
      { deep: { deeper: [true] } }
    ]
    const original = checkpoint(7, {
      isComplete: true,
      processors: states.map((state, index) => ({ name: `__proto__${index}`, state })),
      sinks: [
        {
          name: 'toString',
          file: {
            path: '/out/ü.log',
            device: '18446744073709551615',
            inode: '9007199254740993',
            length: 2 ** 40,
            before: { byteCount: 64, sha256: 'ff' }
          }
        }
      ]
    })

    const decoded = decodeCheckpoint(encodeCheckpoint(original))

    assert.deepEqual(decoded, { kind: 'whole', checkpoint: original })
  })

  test('is noticed to be damaged by every flipped bit of every byte [F8]', () => {
    const bytes = encodeCheckpoint(checkpoint(3))
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, 0xff]) {
        const changed = Buffer.from(bytes)
        changed[at] ^= flip
        assert.equal(decodeCheckpoint(changed).kind, 'damaged', `byte ${at} ^ ${flip}`)
      }
    }
  })

  test('is noticed to be damaged when bytes are missing or added, at any place [F8]', () => {
    const bytes = encodeCheckpoint(checkpoint(3))
    for (let at = 0; at <= bytes.length; at++) {
      const before = bytes.subarray(0, at)
      const added = Buffer.concat([before, Buffer.from('0'), bytes.subarray(at)])
      assert.equal(decodeCheckpoint(added).kind, 'damaged', `one more byte at ${at}`)
      if (at === bytes.length) break
      assert.equal(decodeCheckpoint(before).kind, 'damaged', `cut at ${at}`)
      const without = Buffer.concat([before, bytes.subarray(at + 1)])
      assert.equal(decodeCheckpoint(without).kind, 'damaged', `without byte ${at}`)
      const zeroed = Buffer.concat([before, Buffer.alloc(bytes.length - at)])
      assert.equal(decodeCheckpoint(zeroed).kind, 'damaged', `zeros from ${at} on`)
    }
  })

  test('of a newer version is told from a damaged one', () => {
    const newer = encodeCheckpoint(checkpoint(3), 12)
    assert.deepEqual(decodeCheckpoint(newer), { kind: 'newer', version: 12 })

    newer[newer.length - 3] ^= 1
    assert.equal(decodeCheckpoint(newer).kind, 'damaged')
  })

  test('is refused when it could not come back as it was', () => {
    for (const state of [Number.NaN, Number.POSITIVE_INFINITY, 10n, () => 1, Symbol('s')]) {
      assert.throws(
        () => encodeCheckpoint(checkpoint(1, { processors: [{ name: 'count', state: { state } }] })),
        TypeError
      )
    }
  })
})
