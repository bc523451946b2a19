// Every example runs, and what it makes is what lies beside it.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { ROOT } from '../e2e/support/cli.ts'
import { Workplace } from './support/run-commands.ts'

const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  'access-logs': ['not-found.log', 'others.log', 'server-errors.log'],
  'json-lines': ['unreadable.log', 'worth-a-look.jsonl'],
  'own-processor': ['nobody.log', 'owned.jsonl'],
  'parse-errors': ['out.log']
}

describe('the example', () => {
  for (const [name, outputs] of Object.entries(OUTPUTS)) {
    test(`${name} writes what lies beside it, and nothing else`, async t => {
      const folder = join('examples', name)
      const workplace = new Workplace(t, folder)
      const before = readdirSync(join(ROOT, folder)).filter(file => file !== '.linescope')

      const report = await workplace.run(`rm ${outputs.join(' ')} && linescope run pipeline.yaml --exit --trace`)

      for (const output of outputs) {
        assert.ok(existsSync(join(workplace.folder, output)), report)
        assert.deepEqual(readFileSync(join(workplace.folder, output)), readFileSync(join(ROOT, folder, output)), output)
      }
      const after = readdirSync(workplace.folder).filter(file => file !== '.linescope')
      assert.deepEqual(after.sort(), before.sort())
      assert.match(report, /^0 lines unaccounted$/m)
    })
  }

  test('own-processor has tests that pass', async t => {
    const printed = await new Workplace(t, 'examples/own-processor').run('node --test --test-reporter=tap')

    assert.match(printed, /^# pass 3$/m, printed)
    assert.match(printed, /^# fail 0$/m)
  })

  test('library is a program that prints records and a ledger that adds up', async t => {
    const printed = await new Workplace(t, 'examples/library').run('node levels.ts')

    assert.match(printed, /^\{ level: 'ERROR', text: 'mailbox is full' \}$/m)
    assert.match(printed, /entered: 4,/)
    assert.match(printed, /delivered: 3,/)
    assert.match(printed, /dropped: 1,/)
    assert.match(printed, /unaccounted: 0/)
  })
})
