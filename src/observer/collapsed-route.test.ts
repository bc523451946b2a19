import assert from 'node:assert/strict'
import { test } from 'node:test'

import { collapsedRoute } from './collapsed-route.ts'

const route = (names: string): string => collapsedRoute(names.split('').filter(name => name !== ' '))

test('a step that is visited again and again shows once, with how often', () => {
  assert.equal(route('s r r r e'), 's > r ×3 > e')
  assert.equal(route('r r'), 'r ×2')
})

test('so does a round through several steps', () => {
  assert.equal(route('s a b a b e'), 's > (a > b) ×2 > e')
  assert.equal(route('a a b a a b'), '(a > a > b) ×2')
})

test('a way without a loop, and one that comes back only once, are written out', () => {
  assert.equal(route('s w e'), 's > w > e')
  assert.equal(route('a b a'), 'a > b > a')
  assert.equal(route(''), '')
})
