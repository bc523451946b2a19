import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { crc32c } from './crc32c.ts'

const ISCSI_READ =
  '01c00000000000000000000000000000140000000000040000000014000000182800000000000000' + '0200000000000000'

describe('crc32c', () => {
  test('gives the published values', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
    // RFC 3720, appendix B.4.
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e)
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c)
    assert.equal(crc32c(Buffer.from(ISCSI_READ, 'hex')), 0xd9963a56)
    assert.equal(crc32c(new Uint8Array(0)), 0)
  })

  test('is the same bit by bit, for every length and start', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 151 + 7) & 255)
    for (let start = 0; start < 9; start++) {
      for (let end = start; end <= bytes.length; end++) {
        assert.equal(crc32c(bytes, start, end), bitByBit(bytes.subarray(start, end)))
      }
    }
  })

  test('goes on from the checksum of the bytes before', () => {
    const bytes = Buffer.from('a line that is checked in two parts')
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.equal(crc32c(bytes, cut, bytes.length, crc32c(bytes, 0, cut)), crc32c(bytes))
    }
  })
})

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}
