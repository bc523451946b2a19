import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { LineValue } from '../sdk/line.ts'
import { piecesSource } from '../testing/pieces-source.ts'
import { Batch } from './batch.ts'
import { LineFramer } from './line-framer.ts'
import { Patience } from './patience.ts'
import { SinkOutput } from './sink-output.ts'

class Output {
  readonly writes: string[] = []
  readonly output = new SinkOutput('end', {
    write: bytes => {
      this.writes.push(Buffer.from(bytes).toString('latin1'))
    },
    length: undefined,
    close: () => undefined
  })

  /** Lines of the batch by number, or `[number, value]` for a changed one; written at once. */
  write(batch: Batch, lines: readonly (number | readonly [number, LineValue])[]): number {
    for (const line of lines) {
      if (typeof line === 'number') this.output.addBytes(batch, line)
      else this.output.addValue(batch, line[0], line[1])
    }
    return this.output.write(new Patience()).bytes
  }

  get text(): string {
    return Buffer.from(this.writes.join(''), 'latin1').toString()
  }
}

async function batchesOf(...inputs: (string | Uint8Array)[]): Promise<Batch[]> {
  const framer = new LineFramer(piecesSource(inputs.map(bytes => ({ pieces: [bytes] }))), 1024 * 1024)
  const batches: Batch[] = []
  for (let batch = new Batch([]); (await framer.next(batch, 4096)) !== 'end'; batch = new Batch([])) batches.push(batch)
  return batches
}

describe('a sink', () => {
  test('gets unchanged lines as the bytes that they came as, and runs of them in one write', async () => {
    const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0x0d, 0x0a, 0xff, 0x0a, 0x0a, 0x62, 0x0d, 0x0a])
    const [batch] = await batchesOf(bytes)
    const end = new Output()

    assert.equal(end.write(batch, [0, 1, 2, 3]), bytes.length)
    assert.deepEqual(end.writes, [bytes.toString('latin1')])
  })

  test('gets changed lines with the line end that each came with', async () => {
    const [batch] = await batchesOf('a\r\nb\nc\r\n')
    const end = new Output()
    end.write(batch, [
      [0, 'A žluť'],
      [1, { b: 1 }],
      [2, ['€']]
    ])

    assert.equal(end.text, 'A žluť\r\n{"b":1}\n["€"]\r\n')
  })

  test('gets changed and unchanged lines, left out and repeated ones in the order given', async () => {
    const [batch] = await batchesOf('0\n1\r\n2\n3\n4\n5\n')
    const orders = [
      [0, 1, [2, 'two'], 3, 4, 5],
      [[0, 'x'], [1, 'y'], 2, [3, 'z'], 5],
      [0, 0, [0, 'again'], 0, 1, 3, 2],
      [5, 4, 3]
    ] as const
    for (const order of orders) {
      const end = new Output()
      end.write(batch, order)
      const expected = order.map(line => {
        const [number, text] = typeof line === 'number' ? [line, String(line)] : line
        return `${text}${number === 1 ? '\r\n' : '\n'}`
      })
      assert.equal(end.text, expected.join(''))
    }
  })

  test('gets the missing line end when, and only when, another line follows', async () => {
    const [a, b, c, d] = await batchesOf('a\r\nb', 'c\nd')
    const unchanged = new Output()
    unchanged.write(a, [0])
    unchanged.write(b, [0])
    assert.equal(unchanged.text, 'a\r\nb')
    unchanged.write(c, [0])
    unchanged.write(d, [0])
    assert.equal(unchanged.text, 'a\r\nb\r\nc\nd')

    const changed = new Output()
    changed.write(b, [[0, 'B'], 0, [0, 'B']])
    assert.equal(changed.text, 'B\r\nb\r\nB')
    changed.write(d, [[0, 'D']])
    assert.equal(changed.text, 'B\r\nb\r\nB\r\nD')
  })

  test('gets nothing of a value that cannot be JSON, and the lines around it whole', async () => {
    const [batch] = await batchesOf('a\nb\nc\n')
    const end = new Output()
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    end.output.addBytes(batch, 0)
    assert.throws(() => end.output.addValue(batch, 1, circle as LineValue), TypeError)
    assert.throws(() => end.output.addValue(batch, 1, { big: 1n } as unknown as LineValue), TypeError)
    assert.throws(() => end.output.addValue(batch, 1, { toJSON: () => undefined } as unknown as LineValue), TypeError)
    end.output.addBytes(batch, 2)

    assert.equal(end.output.lineCount, 2)
    end.output.write(new Patience())
    assert.equal(end.text, 'a\nc\n')
  })

  test('gets a value with a newline as it is, and it is counted [A16]', async () => {
    const [batch] = await batchesOf('a\nb\n')
    const end = new Output()
    end.write(batch, [
      [0, 'one\ntwo'],
      [1, { text: 'one\ntwo' }]
    ])

    assert.equal(end.text, 'one\ntwo\n{"text":"one\\ntwo"}\n')
    assert.equal(end.output.embeddedNewlines, 1)
  })

  test('gets values of any size and any characters whole', async () => {
    const [batch] = await batchesOf('\n'.repeat(400))
    for (const unit of ['x', 'ž', '€', '\u{1F600}', '\ud800']) {
      const end = new Output()
      const values = Array.from({ length: 400 }, (_, line) => unit.repeat((line * line * 7) % 3001))
      values[7] = unit.repeat(100_000)
      end.write(
        batch,
        values.map((value, line) => [line, value] as const)
      )
      const expected = Buffer.from(values.map(value => `${value}\n`).join(''))
      assert.equal(Buffer.from(end.writes.join(''), 'latin1').equals(expected), true, unit)
    }
  })

  test('is left alone when it gets no line', async () => {
    const [batch] = await batchesOf('a\n')
    const end = new Output()

    assert.equal(end.write(batch, []), 0)
    assert.deepEqual(end.writes, [])
  })
})
