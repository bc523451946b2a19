import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { UserError } from '../../base/user-error.ts'
import { SourceError } from '../../sdk/errors.ts'
import { collect, onlyInput } from '../test-support.ts'
import { type IterableInput, openIterable } from './source.ts'

async function* generated<Item>(...items: Item[]) {
  yield* items
}

async function textOf(iterable: IterableInput, sliceBytes?: number): Promise<string> {
  const { bytes, error } = await collect(await onlyInput(openIterable(iterable)), sliceBytes)
  assert.equal(error, undefined)
  return bytes.toString()
}

describe('iterable source', () => {
  test('a string is a line and keeps a line end of its own', async () => {
    assert.equal(await textOf(generated('one', 'two\n', 'three\r\n', '', 'é')), 'one\ntwo\nthree\r\n\né\n')
  })

  test('bytes are taken as they are', async () => {
    const { bytes } = await collect(
      await onlyInput(openIterable(generated(new Uint8Array([0x61, 0xff]), new Uint8Array(0), Buffer.from([0, 0x0a]))))
    )
    assert.deepEqual(bytes, Buffer.from([0x61, 0xff, 0, 0x0a]))
  })

  test('takes an array, a generator and nothing', async () => {
    assert.equal(await textOf(['one', 'two']), 'one\ntwo\n')
    assert.equal(await textOf(new Set(['one'])), 'one\n')
    assert.equal(await textOf(generated<string>()), '')
  })

  test('gives the same in slices of any size', async () => {
    const items = Array.from({ length: 50 }, (_, index) => 'x'.repeat(index))
    for (const sliceBytes of [1, 2, 7, 1000]) assert.equal(await textOf(items, sliceBytes), `${items.join('\n')}\n`)
  })

  test('fills a read with what comes without waiting, and waits only for its first byte', async () => {
    let release = () => {}
    async function* input() {
      yield 'one'
      yield 'two'
      await new Promise<void>(resolve => {
        release = resolve
      })
      yield 'three'
    }
    const source = await onlyInput(openIterable(input()))
    const target = Buffer.alloc(100)

    assert.equal(await source.read(target, 0, 100), 8)
    const third = source.read(target, 0, 100)
    await new Promise(resolve => setImmediate(resolve))
    release()
    assert.equal(await third, 6)
    assert.equal(await source.read(target, 0, 100), 0)
  })

  test('pulls no further than it was asked to', async () => {
    let pulled = 0
    function* endless() {
      for (;;) {
        pulled += 1
        yield 'nine char'
      }
    }
    const input = await onlyInput(openIterable(endless()))

    assert.equal(await input.read(Buffer.alloc(100), 0, 100), 100)
    assert.equal(pulled, 10)
  })

  test('what came before an error of the caller’s code is read', async () => {
    async function* failing() {
      yield 'one'
      yield 'two'
      throw new Error('no more paper')
    }
    const { text, error } = await collect(await onlyInput(openIterable(failing())))

    assert.equal(text, 'one\ntwo\n')
    assert.ok(error instanceof SourceError)
    assert.equal(error.message, 'input failed after 2 items: no more paper')
    assert.equal((error.cause as Error).message, 'no more paper')
  })

  test('another value is an error that names it, and ends the iteration', async () => {
    for (const [value, kind] of [
      [17, 'number'],
      [null, 'null'],
      [{}, 'object']
    ] as const) {
      let finished = false
      async function* wrong() {
        try {
          yield 'one'
          yield value as never
        } finally {
          finished = true
        }
      }
      const { text, error } = await collect(await onlyInput(openIterable(wrong())))

      assert.equal(text, 'one\n')
      assert.equal(String(error), `SourceError: item 2 of input is ${kind}; give strings or Uint8Arrays`)
      assert.equal(finished, true)
    }
  })

  test('refuses a string, which would be a line for each character', () => {
    assert.throws(() => openIterable('one' as never), UserError)
    assert.throws(() => openIterable(null as never), UserError)
  })

  test('closing ends a pending read and lets the caller clean up', async () => {
    let cleaned = false
    async function* input() {
      try {
        yield 'one'
        yield 'two'
      } finally {
        cleaned = true
      }
    }
    const source = openIterable(input())
    const first = await onlyInput(source)
    await first.read(Buffer.alloc(4), 0, 4)
    source.close()
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(cleaned, true)
    assert.equal(await source.next(), undefined)

    const stuck = openIterable({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) })
    const pending = (await onlyInput(stuck)).read(Buffer.alloc(4), 0, 4)
    await new Promise(resolve => setImmediate(resolve))
    stuck.close()
    assert.equal(await pending, 0)
  })
})
