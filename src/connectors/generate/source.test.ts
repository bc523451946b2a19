import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { collect, onlyInput, sourceSetup } from '../test-support.ts'
import { createGenerateSource, type GeneratorClock, generateSource } from './source.ts'

const START = '2026-11-24T10:00:00.123Z'

async function open(options: Record<string, unknown>, definition = generateSource) {
  return onlyInput(definition.open(definition.options.parse(options), sourceSetup('.')))
}

async function linesOf(options: Record<string, unknown>): Promise<string[]> {
  const { text } = await collect(await open({ rate: 0, start: START, ...options }))
  assert.ok(text.endsWith('\n'))
  return text.slice(0, -1).split('\n')
}

/** A clock that moves only when somebody waits, by what they wait for. */
function madeUpClock(): GeneratorClock & { now: number; waits: number[] } {
  return {
    now: Date.parse(START),
    waits: [],
    nowMilliseconds() {
      return this.now
    },
    wait(milliseconds) {
      this.waits.push(milliseconds)
      this.now += milliseconds
      return { done: Promise.resolve(), cancel() {} }
    }
  }
}

describe('generate source', () => {
  test('says that its lines are synthetic', () => {
    const options = generateSource.options.parse({})
    assert.equal(generateSource.notice?.(options), 'Lines are synthetic: made by the generate source.')
  })

  test('ends after the lines it was asked for, and never when that is 0', async () => {
    assert.equal((await linesOf({ lines: 7 })).length, 7)
    assert.equal(generateSource.isEndless(generateSource.options.parse({ lines: 7 })), false)
    assert.equal(generateSource.isEndless(generateSource.options.parse({})), true)
  })

  for (const kind of ['app', 'access', 'words'] as const) {
    test(`kind ${kind}: a seed makes the same lines, however they are read, and another makes others`, async () => {
      const lines = await linesOf({ kind, lines: 500, seed: 42 })
      const options = { kind, lines: 500, seed: 42, rate: 0, start: START }
      const inPieces = await collect(await open(options), 7)

      assert.equal(inPieces.text, `${lines.join('\n')}\n`)
      assert.notDeepEqual(await linesOf({ kind, lines: 500, seed: 43 }), lines)
    })
  }

  test('kind app: a log with every level, and errors with and without a code', async () => {
    const lines = await linesOf({ lines: 5000 })

    for (const line of lines) assert.match(line, /^2026-11-24T10:00:\d\d\.\d{3}Z (INFO|WARN|ERROR) [a-z]+ \S.*\S$/)
    const count = (pattern: RegExp) => lines.filter(line => pattern.test(line)).length
    assert.ok(count(/ INFO /) > 3000)
    assert.ok(count(/ WARN /) > 300)
    assert.ok(count(/ ERROR [a-z]+ E\d{4} /) > 150)
    assert.ok(count(/ ERROR [a-z]+ (?!E\d)/) > 20)
    assert.ok(new Set(lines.map(line => line.slice(25))).size > 3000)
  })

  test('kind access: the combined log format', async () => {
    for (const line of await linesOf({ kind: 'access', lines: 1000 })) {
      assert.match(
        line,
        /^\d+\.\d+\.\d+\.\d+ - - \[24\/Nov\/2026:10:00:\d\d \+0000\] "(GET|POST) \/\S* HTTP\/1\.1" \d{3} \d+ "-" ".+"$/
      )
    }
  })

  test('kind words: words', async () => {
    for (const line of await linesOf({ kind: 'words', lines: 200 })) assert.match(line, /^[a-z]+( [a-z]+){2,11}$/)
  })

  test('with a start, times follow at the rate', async () => {
    const clock = madeUpClock()
    const input = await open({ lines: 3, rate: 4, start: START }, createGenerateSource(clock))
    const { text } = await collect(input)

    assert.deepEqual(text.match(/\d\d\.\d{3}Z/g), ['00.123Z', '00.373Z', '00.623Z'])
  })

  test('keeps a slow rate line by line and a fast one in small slices', async () => {
    const slow = madeUpClock()
    await collect(await open({ lines: 5, rate: 2 }, createGenerateSource(slow)))
    assert.deepEqual(slow.waits, [500, 500, 500, 500])

    const fast = madeUpClock()
    const before = fast.now
    await collect(await open({ lines: 10_001, rate: 5000 }, createGenerateSource(fast)))
    assert.ok(Math.max(...fast.waits) <= 50)
    assert.ok(Math.min(...fast.waits) >= 20)
    assert.ok(Math.abs(fast.now - before - 2000) <= 50)
  })

  test('shows when each line was due, not when its slice was made', async () => {
    const clock = madeUpClock()
    const { text } = await collect(await open({ lines: 200, rate: 1000 }, createGenerateSource(clock)))
    const times = text.match(/^\S+/gm)!.map(time => Date.parse(time))

    assert.deepEqual(
      times,
      Array.from(times, (_, index) => times[0] + index)
    )
  })

  test('after a pause it makes up for one second at most', async () => {
    const clock = madeUpClock()
    const input = await open({ rate: 100 }, createGenerateSource(clock))
    const target = Buffer.alloc(10 ** 6)
    await input.read(target, 0, target.length)
    clock.now += 60_000

    const count = await input.read(target, 0, target.length)

    const lines = target.toString('latin1', 0, count).split('\n').length - 1
    assert.ok(lines >= 100 && lines <= 101, `${lines} lines`)
  })

  test('closing ends a pending read', async () => {
    const input = await open({ rate: 0.001 })
    const target = Buffer.alloc(1000)
    assert.ok((await input.read(target, 0, 1000)) > 0)
    const pending = input.read(target, 0, 1000)

    input.close()

    assert.equal(await pending, 0)
    assert.equal(input.read(target, 0, 1000), 0)
  })

  test('refuses options without sense', () => {
    for (const options of [{ rate: -1 }, { lines: 1.5 }, { kind: 'poem' }, { start: 'noon' }, { speed: 3 }]) {
      assert.equal(generateSource.options.safeParse(options).success, false, JSON.stringify(options))
    }
  })
})
