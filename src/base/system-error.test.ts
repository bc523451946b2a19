import assert from 'node:assert/strict'
import { openSync } from 'node:fs'
import { test } from 'node:test'

import { isTransientCode, systemErrorCode, systemErrorReason } from './system-error.ts'

test('says what a system call failed with, in words and with its code', () => {
  assert.throws(
    () => openSync('no/such/file', 'r'),
    (error: unknown) => {
      assert.equal(systemErrorCode(error), 'ENOENT')
      assert.equal(systemErrorReason(error), 'no such file or directory (ENOENT)')
      return true
    }
  )
})

test('knows also what Node has no name for [F6 C20]', { skip: process.platform !== 'linux' }, () => {
  const failure = (errno: number): Error => Object.assign(new Error('UNKNOWN: write'), { code: 'UNKNOWN', errno })
  assert.equal(systemErrorReason(failure(-122)), 'disk quota exceeded (EDQUOT)')
  assert.equal(systemErrorReason(failure(-116)), 'stale file handle (ESTALE)')
  assert.equal(isTransientCode(systemErrorCode(failure(-116)) ?? ''), true)
  assert.equal(systemErrorCode(failure(-9999)), 'UNKNOWN')
})

test('takes the message of any other error, and whatever else was thrown', () => {
  assert.equal(systemErrorReason(new Error('plain')), 'plain')
  assert.equal(systemErrorReason('text'), 'text')
  assert.equal(systemErrorCode(Object.assign(new Error('of Node'), { code: 'ERR_INVALID_ARG_TYPE' })), undefined)
})

test('a full disk passes, a broken pipe does not', () => {
  assert.equal(isTransientCode('ENOSPC'), true)
  assert.equal(isTransientCode('EPIPE'), false)
})
