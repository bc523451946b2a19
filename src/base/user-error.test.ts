import assert from 'node:assert/strict'
import { test } from 'node:test'

import { UserError, UserErrors } from './user-error.ts'

test('an error says its place, what is wrong and what to do', () => {
  const place = { file: 'pipeline.yaml', line: 6, column: 5 }
  const error = new UserError('unknown key "patern"', { place, hint: 'Did you mean "pattern"?' })

  assert.equal(String(error), 'pipeline.yaml:6:5: unknown key "patern". Did you mean "pattern"?')
})

test('no second full stop follows a message that ends like a sentence', () => {
  assert.equal(String(new UserError('it ends here.', { hint: 'Go on.' })), 'it ends here. Go on.')
  assert.equal(String(new UserError('without a hint')), 'without a hint')
})

test('several errors are shown one a line', () => {
  const errors = new UserErrors([new UserError('first'), new UserError('second', { hint: 'Mend it.' })])

  assert.equal(String(errors), 'first\nsecond. Mend it.')
})
