import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { type AnyProcess, runOne, textOf } from '../testing/run-one.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('asynchronous calls', () => {
  test('run as many at once as the processor may, start in input order, and keep the output in it', async () => {
    const started: string[] = []
    let running = 0
    let most = 0
    const input = Array.from({ length: 100 }, (_, line) => `${line}\n`).join('')
    const process: AnyProcess = async (line, emit) => {
      started.push(`${line as string}\n`)
      most = Math.max(most, ++running)
      for (let turns = (Number(line) * 7) % 5; turns > 0; turns--) await turn()
      running--
      emit('end', line)
    }

    for (const concurrency of [1, 3, 200]) {
      started.length = most = 0
      const result = await runOne(process, input, { concurrency })
      assert.equal(most, Math.min(concurrency, most))
      assert.ok(concurrency === 200 ? most > 3 : most === concurrency, `${most} at once`)
      assert.equal(started.join(''), input)
      assert.equal(textOf(result), input)
    }
  })

  test('may emit before and after a wait', async () => {
    const result = await runOne(async (line, emit) => {
      emit('end', `${line as string} 1`)
      await turn()
      emit('end', `${line as string} 2`)
      await turn()
      emit('other', `${line as string} 3`)
    }, 'a\nb\n')

    assert.equal(textOf(result), 'a 1\na 2\nb 1\nb 2\n')
    assert.equal(textOf(result, 'other'), 'a 3\nb 3\n')
  })

  test('may be any thenable, and one that calls back twice counts once', async () => {
    const result = await runOne((line, emit) => {
      emit('end', line)
      return {
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what the test is about.
        then(fulfilled: () => void, rejected: (error: Error) => void) {
          if (line === 'bad') rejected(new Error('no'))
          fulfilled()
          fulfilled()
          rejected(new Error('too late'))
        }
      } as unknown as Promise<void>
    }, 'a\nbad\nb\n')

    assert.equal(textOf(result), 'a\nb\n')
    assert.deepEqual(
      result.letters.map(({ error }) => error!.message),
      ['no']
    )
  })

  test('fail whose promise cannot be followed, however it is made [A30]', async () => {
    const throwing = () => {
      throw new Error('no promise')
    }
    const made: Readonly<Record<string, () => unknown>> = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what the test is about.
      call: () => ({ then: throwing }),
      get: () => Object.defineProperty({}, 'then', { get: throwing }),
      constructor: () => Object.defineProperty(Promise.resolve(), 'constructor', { get: throwing }),
      species: () => {
        const species = Object.defineProperty({}, Symbol.species, { get: throwing })
        let reads = 0
        return Object.defineProperty(Promise.resolve(), 'constructor', {
          get: () => (reads++ === 0 ? Promise : species)
        })
      },
      has: () => new Proxy({}, { has: throwing })
    }
    const names = Object.keys(made)
    const process: AnyProcess = (line, emit) => {
      emit('end', line)
      return made[line as string]?.() as Promise<void> | undefined
    }
    for (const lines of [names, [...names, 'a'].reverse(), ['a', ...names, 'b']]) {
      const result = await runOne(process, lines.map(line => `${line}\n`).join(''))

      assert.equal(
        textOf(result),
        lines
          .filter(line => made[line] === undefined)
          .map(line => `${line}\n`)
          .join('')
      )
      assert.deepEqual(
        result.letters.map(({ error }) => error!.message),
        names.map(() => 'no promise')
      )
    }
  })

  test('may be a promise whose own `then` is odd', async () => {
    const process: AnyProcess = (line, emit) => {
      emit('end', line)
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what the test is about.
      return Object.assign(Promise.resolve(), { then: () => undefined })
    }
    assert.equal(textOf(await runOne(process, 'a\nb\n')), 'a\nb\n')
  })

  test('that never settle end when their time is up, and may know it by their signal [A30]', async () => {
    const signals: AbortSignal[] = []
    const process: AnyProcess = (line, emit, context) => {
      emit('end', line)
      if (line !== 'hang') return
      signals.push(context.signal)
      return new Promise<void>(() => undefined)
    }
    const result = await runOne(process, 'a\nhang\nb\nhang\n', { timeoutMilliseconds: 20, concurrency: 1 })

    assert.equal(textOf(result), 'a\nb\n')
    assert.deepEqual(
      result.letters.map(({ error, lineNumber }) => [lineNumber, error!.code, error!.message]),
      [
        [2, 'timeout', 'took longer than 20 ms'],
        [4, 'timeout', 'took longer than 20 ms']
      ]
    )
    assert.deepEqual(
      signals.map(({ aborted, reason }) => [aborted, (reason as Error).message]),
      [
        [true, 'took longer than 20 ms'],
        [true, 'took longer than 20 ms']
      ]
    )
  })

  test('that end after their time was up change nothing any more', async () => {
    const end = Promise.withResolvers<void>()
    const late: unknown[] = []
    const process: AnyProcess = async (line, emit, context) => {
      if (line === 'hang' && context.attempt === 1) {
        await new Promise(resolve => context.signal.addEventListener('abort', resolve))
        try {
          emit('end', 'too late')
        } catch (error) {
          late.push(error)
        }
        end.resolve()
        return
      }
      await (line === 'hang' ? end.promise : turn())
      emit('end', line)
    }
    const result = await runOne(process, 'a\nhang\nb\n', { timeoutMilliseconds: 200, retry: { attempts: 2 } })

    assert.equal(textOf(result), 'a\nhang\nb\n')
    assert.equal(late.length, 1)
    assert.deepEqual([result.counters.late_emits, result.counters.failed_attempts, result.counters.dead], [1, 1, 0])
  })
})
