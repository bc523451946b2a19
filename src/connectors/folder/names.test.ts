import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { fitted, isTemporaryName, nameAsText, numberedName } from './names.ts'

describe('names in a watched folder', () => {
  test('hidden ones and those of copiers and editors are temporary [C14]', () => {
    const temporary = ['.a.log.x8Zq1b', 'a.log.tmp', 'a.part', 'A.PART', '.a.swp', 'a.log~', '#a.log#', 'a.crdownload']
    assert.deepEqual(temporary.filter(isTemporaryName), temporary)
    const whole = ['a.log', 'part.log', 'tmp', 'a.tmp.log', '-a.log', 'a ']
    assert.deepEqual(whole.filter(isTemporaryName), [])
  })

  test('bytes that are no UTF-8 are spelled out, everything else stays [C10]', () => {
    assert.equal(nameAsText(Buffer.from('grüße 🎉\n.log')), 'grüße 🎉\n.log')
    assert.equal(nameAsText(Buffer.from([0xff, 0x2e, 0xc3, 0xbc, 0xc3, 0x0a])), '%FF.ü%C3\n')
  })

  test('a second one of the same name gets a number before its ending', () => {
    assert.equal(numberedName('access.log', 1), 'access.log')
    assert.equal(numberedName('access.log', 2), 'access-2.log')
    assert.equal(numberedName('access.log.gz', 12), 'access.log-12.gz')
    assert.equal(numberedName('README', 2), 'README-2')
  })

  test('what would be too long for a name is cut between two characters, and keeps its ending', () => {
    assert.equal(numberedName('x'.repeat(255), 1), 'x'.repeat(255))
    assert.equal(numberedName(`${'x'.repeat(251)}.log`, 2), `${'x'.repeat(249)}-2.log`)
    assert.equal(fitted('ü'.repeat(127), '.error'), `${'ü'.repeat(124)}.error`)
    assert.equal(numberedName(nameAsText(Buffer.alloc(255, 0xff)), 1).length, 255)
  })
})
