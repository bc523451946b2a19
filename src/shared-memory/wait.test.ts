import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockThread } from './wait.ts'

test('blocking the thread lets no timer of it run meanwhile', () => {
  let hasRun = false
  const timer = setTimeout(() => {
    hasRun = true
  }, 1)
  const before = performance.now()
  blockThread(30)
  assert.ok(performance.now() - before >= 29)
  assert.equal(hasRun, false)
  clearTimeout(timer)
})

test('blocking for no time or less returns at once', () => {
  blockThread(0)
  blockThread(-5)
})
