import assert from 'node:assert/strict'
import { test } from 'node:test'

import { wantedGroups } from './error-group-choice.ts'
import type { ErrorGroup } from './errors.ts'

function group(id: string, count: number, lastAt: string): ErrorGroup {
  return {
    id,
    processor: 'a',
    name: 'Error',
    message: id,
    line: '',
    at_code: null,
    count,
    last_at: lastAt
  } as ErrorGroup
}

const ids = (groups: readonly ErrorGroup[]): string => groups.map(({ id }) => id).join('')

test('groups come by count or by the newest error, and those that are equal stay in their order', () => {
  const [early, late] = ['2026-11-25T00:00:00.000Z', '2026-11-25T00:00:01.000Z']
  const groups = [group('a', 1, early), group('b', 2, late), group('c', 1, late), group('d', 2, early)]

  assert.equal(ids(wantedGroups(groups, { sort: 'count', limit: 10 })), 'bdac')
  assert.equal(ids(wantedGroups(groups, { sort: 'last_at', limit: 10 })), 'bcad')
  assert.equal(ids(wantedGroups(groups, { sort: 'count', limit: 10, text: 'c' })), 'c')
  assert.equal(ids(wantedGroups(groups, { sort: 'count', limit: 10, processor: 'b' })), '')
})
