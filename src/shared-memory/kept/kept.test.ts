import assert from 'node:assert/strict'
import { test } from 'node:test'

import { testRegion } from '../test-region.ts'
import { type KeptEntry, TAG } from './entry.ts'
import { MAX_RECORD_BYTES } from './layout.ts'
import { KeptReader } from './reader.ts'
import { KeptWriter } from './writer.ts'

const LIMITS = { valueBytes: 4_096, recordBytes: 32_768 }

function entry(changes: Partial<KeptEntry> = {}): KeptEntry {
  return {
    sourceNumber: 3,
    offset: 2 ** 41 + 5,
    lineNumber: 2 ** 33 + 1,
    readAtMilliseconds: 17.5,
    settledAtMilliseconds: 19.25,
    reasons: 0b101,
    weight: 1_234.5,
    text: Buffer.from([0x61, 0xff, 0x62]),
    fullLength: 3,
    leaves: [
      { path: 7, code: 1, forkDepth: 0 },
      { path: 9, code: 3, forkDepth: 1 }
    ],
    leafCount: 2,
    hops: [
      {
        node: 1,
        startedAtMilliseconds: 18,
        serviceMilliseconds: 0.25,
        waitedMilliseconds: undefined,
        isEstimated: true,
        before: 'aüb',
        attempts: [
          { attempt: 1, startedAtMilliseconds: 18, milliseconds: undefined, error: { name: 'E', message: 'no' } },
          { attempt: 2, startedAtMilliseconds: 18.5, milliseconds: 0.25, error: undefined }
        ],
        emissions: [
          { tag: 2, undeclaredTag: undefined, because: 'big', child: 1, isChanged: true, value: 'ab' },
          { tag: TAG.undeclared, undeclaredTag: 'x', because: undefined, child: -1, isChanged: false, value: undefined }
        ]
      },
      {
        node: 2,
        startedAtMilliseconds: undefined,
        serviceMilliseconds: undefined,
        waitedMilliseconds: 3,
        isEstimated: false,
        before: undefined,
        attempts: [],
        emissions: []
      }
    ],
    ...changes
  }
}

function told(text: string) {
  return { text, isCut: false }
}

test('a kept journey comes back as it was written, its line as raw bytes', () => {
  const region = testRegion()
  const writer = new KeptWriter(region, 4, LIMITS)
  const mark = { job: 2, index: 5, of: { source: 1, offset: 2 ** 35, fork: 3 } }
  writer.write(entry())
  writer.write(entry({ replay: mark }))
  writer.flush(Number.POSITIVE_INFINITY)
  const [first, second] = new KeptReader(region).poll()
  const { hops, ...rest } = entry()
  assert.deepEqual(
    { ...first, text: Buffer.from(first.text) },
    {
      ...rest,
      epoch: 4,
      sequence: 0,
      isCut: false,
      areHopsCut: false,
      hops: [
        {
          ...hops[0],
          before: told('aüb'),
          emissions: [
            { ...hops[0].emissions[0], because: told('big'), value: told('ab') },
            { ...hops[0].emissions[1], undeclaredTag: told('x') }
          ]
        },
        hops[1]
      ]
    }
  )
  assert.deepEqual([second.sequence, second.replay], [1, mark])
})

test('long values are cut at a character and flagged; values give way before hops, and hops before the record grows', () => {
  const region = testRegion()
  const writer = new KeptWriter(region, 1, LIMITS)
  const [hop] = entry().hops
  const long = 'é'.repeat(10_000)
  const hops = Array.from({ length: 3_000 }, () => ({ ...hop, before: long }))
  const bytes = writer.write(entry({ hops, text: Buffer.alloc(10_000, 0x61), fullLength: 10_000 }))
  assert.ok(bytes <= LIMITS.recordBytes && bytes > LIMITS.recordBytes / 2, `${bytes} bytes`)
  writer.write(entry())
  writer.flush(Number.POSITIVE_INFINITY)
  const reader = new KeptReader(region)
  const [cut, whole] = reader.poll()
  assert.deepEqual(cut.hops[0].before, { text: 'é'.repeat(2_048), isCut: true })
  assert.equal(cut.areHopsCut, true)
  assert.ok(cut.hops.some(({ before }) => before === undefined) && cut.hops.length < 3_000)
  assert.deepEqual([cut.text.length, cut.fullLength, cut.isCut], [4_096, 10_000, true])
  assert.equal(whole.areHopsCut, false)
  assert.equal(reader.telemetryCorrupt, 0)
})

test('when no page is free the newest are dropped and counted, and the law holds', () => {
  const region = testRegion({}, { keptPages: 2, keptPageBytes: 65_536 })
  const writer = new KeptWriter(region, 1, LIMITS)
  const reader = new KeptReader(region)
  const law = (read: number) => {
    const { written, ...parts } = reader.ledger()
    assert.equal(written, parts.freed + parts.held + parts.overwritten + parts.dropped)
    assert.deepEqual([written, parts.freed], [writer.written, read])
  }
  for (let number = 0; number < 1_000; number++) writer.write(entry({ lineNumber: number }))
  writer.flush(Number.POSITIVE_INFINITY)
  assert.ok(writer.dropped > 0)
  law(0)
  const kept = reader.poll()
  assert.deepEqual(
    kept.map(({ lineNumber }) => lineNumber),
    Array.from({ length: 1_000 - writer.dropped }, (_, number) => number)
  )
  law(kept.length)
  writer.write(entry({ lineNumber: 2_000 }))
  writer.flush(Number.POSITIVE_INFINITY)
  assert.deepEqual(
    reader.poll().map(({ lineNumber }) => lineNumber),
    [2_000]
  )
  law(kept.length + 1)
})

test('a page that holds what no writer writes is reported, and what stands before it is read', () => {
  const region = testRegion({}, { keptPages: 2, keptPageBytes: 65_536 })
  const whole = new KeptWriter(region, 1, LIMITS)
  const bytes = whole.write(entry())
  whole.write(entry())
  whole.flush(Number.POSITIVE_INFINITY)
  // The second record says that it is longer than any.
  const words = new Int32Array(region.buffer)
  const at = words.findIndex((word, index) => word === bytes && words[index + bytes / 4] === bytes)
  assert.ok(at > 0, 'the records are not where they were looked for')
  words[at + bytes / 4] = MAX_RECORD_BYTES + 1
  const reader = new KeptReader(region)
  assert.equal(reader.poll().length, 1)
  assert.equal(reader.telemetryCorrupt, 1)
})
