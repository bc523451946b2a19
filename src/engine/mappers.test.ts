import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { defineProcessor, type LineValue } from '../sdk/index.ts'
import { textOf } from '../testing/run-one.ts'
import { runPlan } from '../testing/run-plan.ts'
import { simplePlan } from '../testing/simple-plan.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('a mapper', () => {
  const mapped = async (map: (line: string) => unknown, input: string) => {
    const use = defineProcessor({ name: 'it', summary: '', create: () => map as () => LineValue })
    const result = await runPlan(simplePlan({ it: { use, to: 'end' } }), input)
    for (const { unaccounted } of result.ledgers) assert.equal(unaccounted, 0)
    return result
  }

  test('returns the new line, a promise of it, or undefined for none', async () => {
    const result = await mapped(
      line => (line === 'drop' ? undefined : line === 'later' ? turn().then(() => 'LATER') : line.toUpperCase()),
      'a\ndrop\nlater\nb\n'
    )

    assert.equal(textOf(result), 'A\nLATER\nB\n')
    assert.equal(result.counters.dropped, 1)
  })

  test('fails for what is no line [A30]', async () => {
    const values = [null, 7, false, () => 1, Promise.resolve(7)]
    const result = await mapped(line => values[Number(line)], '0\n1\n2\n3\n4\n')

    assert.deepEqual(
      result.letters.map(({ error }) => error!.message.split(';')[0]),
      ['emitted null', 'emitted a number', 'emitted a boolean', 'emitted a function', 'emitted a number']
    )
  })

  test('is an end without a target: its lines are delivered there, and only those', async () => {
    const use = defineProcessor({
      name: 'it',
      summary: '',
      create: () => line => {
        if (line === 'bad') throw new Error('no')
        return line === 'drop' ? undefined : line
      }
    })
    const rest = defineProcessor({ name: 'rest', summary: '', emits: [], create: () => () => undefined })
    const plan = simplePlan({ it: { use, onError: { to: 'rest' } }, rest: { use: rest } }, { sinks: [] })
    const { nodes, counters, journeys } = await runPlan(plan, 'a\nbad\ndrop\nb\n')

    assert.equal(nodes.get('it')!.delivered, 2)
    assert.equal(nodes.get('rest')!.delivered, 1)
    assert.deepEqual([counters.delivered, counters.dropped], [3, 1])
    assert.deepEqual(
      journeys.map(({ leaves: [{ path, outcome }] }) => [path.join(' > '), outcome]),
      [
        ['it', 'delivered'],
        ['it > rest', 'delivered'],
        ['it', 'dropped'],
        ['it', 'delivered']
      ]
    )
  })
})
