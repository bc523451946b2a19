import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { jsonText, NameMap } from './name-map.ts'

describe('a name map', () => {
  test('keeps declared order, also for names that look like numbers', () => {
    const map = new NameMap([
      ['b', 1],
      ['10', 2],
      ['2', 3]
    ])

    assert.equal(map.toText(), '{"b":1,"10":2,"2":3}')
  })

  test('carries the names that objects know already [A27]', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']

    const text = new NameMap(names.map((name, index) => [name, index])).toText()

    assert.deepEqual(
      [...text.matchAll(/"([^"]*)":\d/g)].map(match => match[1]),
      names
    )
    // JSON.parse makes an own member of `__proto__`, so a client can read it too.
    assert.equal(Object.getOwnPropertyDescriptor(JSON.parse(text), '__proto__')?.value, 0)
  })

  test('escapes what JSON must escape', () => {
    const name = '"\\\n\u2028</script>\ud800'

    assert.equal(JSON.parse(new NameMap([[name, 1]]).toText())[name], 1)
  })

  test('is written by jsonText and refused by JSON.stringify', () => {
    const map = new NameMap([['a', 1]])

    assert.equal(jsonText({ first: 1, map, none: undefined, last: [null] }), '{"first":1,"map":{"a":1},"last":[null]}')
    assert.throws(() => JSON.stringify({ deep: { map } }), /top level/)
  })
})
