import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { afterKey, FIRST_VIEW, type Key, type View } from './view.ts'

const NAMES = ['start', 'error', 'warn', 'end']

/** Letters are typed; names in brackets are keys: `j[return]`. Undefined once it was left. */
function typed(keys: string, from: View = FIRST_VIEW): View | undefined {
  let view: View | undefined = from
  for (const [key] of keys.matchAll(/\[\w+\]|./gu)) {
    assert.ok(view, `nothing is there any more for ${key}`)
    const pressed: Key = key.length > 1 ? { name: key.slice(1, -1), text: '' } : { name: key, text: key }
    view = afterKey(view, pressed, NAMES, 2)
  }
  return view
}

describe('keys', () => {
  test('select rows and stay inside the table', () => {
    assert.equal(typed('j')?.selected, 'error')
    assert.equal(typed('[down]j[up]')?.selected, 'error')
    assert.equal(typed('kk')?.selected, 'start')
    assert.equal(typed('jjjjjjj')?.selected, 'end')
    assert.equal(typed('[pagedown]')?.selected, 'warn')
    assert.equal(typed('Gg')?.selected, 'start')
  })

  test('a row that is gone is no reason to fall', () => {
    assert.equal(typed('j', { ...FIRST_VIEW, selected: 'gone' })?.selected, 'error')
    const nothing = afterKey(FIRST_VIEW, { name: 'return', text: '\r' }, [], 2)
    assert.equal(nothing?.page, 'table')
  })

  test('enter opens details, esc goes back, q leaves from the table only', () => {
    assert.deepEqual([typed('j[return]')?.page, typed('j[return]')?.selected], ['details', 'error'])
    assert.equal(typed('[return]')?.selected, 'start')
    assert.equal(typed('[return][escape]')?.page, 'table')
    assert.equal(typed('[return]q')?.page, 'table')
    assert.equal(typed('q'), undefined)
  })

  test('typing a filter takes every letter, q and ? too', () => {
    const view = typed('/q?p')
    assert.deepEqual([view?.filter, view?.page, view?.isPaused, view?.isTyping], ['q?p', 'table', false, true])
    assert.equal(typed('/ab[backspace][return]')?.filter, 'a')
    assert.equal(typed('/ab[return]')?.isTyping, false)
    assert.equal(typed('/ab[return][escape]')?.filter, '')
    assert.equal(typed('/[backspace]')?.isTyping, false)
  })

  test('s sorts by the next column and comes round, S reverses, p pauses, ? helps', () => {
    assert.equal(typed('s')?.sort, 'in/s')
    assert.equal(typed('ssssssssss')?.sort, 'order')
    assert.equal(typed('S')?.isReversed, true)
    assert.equal(typed('pp')?.isPaused, false)
    assert.equal(typed('?')?.page, 'help')
    assert.equal(typed('??')?.page, 'table')
  })
})
