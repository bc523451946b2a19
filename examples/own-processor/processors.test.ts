import assert from 'node:assert/strict'
import { test } from 'node:test'

import { runProcessor, verifyProcessor } from 'linescope/testing'

import { addOwner, skipRepeats } from './processors.ts'

test('a repeated line is dropped, until it is forgotten', async () => {
  const lines = ['09:41:07 full', '09:41:08 full', '09:41:09 gone', '09:41:10 full']
  const { values, drops } = await runProcessor(skipRepeats, lines, { options: { remember: 1 } })

  assert.deepEqual(values, ['09:41:07 full', '09:41:09 gone', '09:41:10 full'])
  assert.deepEqual(drops, [{ lineNumber: 2, reason: 'repeated' }])
})

test('an alert gets its owner, one of nobody stays as it is', async () => {
  const { outputs } = await runProcessor(addOwner, ['E4001 mailbox is full', 'E9999 never heard of'])

  assert.deepEqual(outputs.get('end'), [{ code: 4001, message: 'mailbox is full', owner: 'team mail' }])
  assert.deepEqual(outputs.get('unknown'), ['E9999 never heard of'])
})

test('both keep the rules of every processor', async () => {
  await verifyProcessor(skipRepeats)
  await verifyProcessor(addOwner)
})
