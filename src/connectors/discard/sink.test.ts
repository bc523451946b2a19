import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sinkSetup } from '../test-support.ts'
import { discardSink } from './sink.ts'

test('takes everything at once, has no length and takes no options', async () => {
  const sink = discardSink.open(discardSink.options.parse({}), sinkSetup('.'))

  assert.equal(sink.write(Buffer.from('line\n')), undefined)
  assert.equal(sink.length, undefined)
  await sink.close()
  assert.equal(discardSink.options.safeParse({ path: 'x' }).success, false)
})
