import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { DEFAULT_REDACTION, type Redaction } from '../base/redaction.ts'
import { MASKS, readMasks, rememberMasks } from './masks.ts'

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-masks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const REDACTION: Redaction = {
  presets: ['email'],
  patterns: [
    { source: '\\bCUST-\\d{6}\\b', flags: '' },
    { source: 'x-hunter2-y', flags: 'i' },
    { source: 'hunt\\er2', flags: '' }
  ],
  showsPayloads: false
}

test('what a run masked comes back, without any value from the environment', t => {
  const folder = folderOf(t)
  rememberMasks(folder, { redaction: REDACTION, variables: ['TOKEN'], secrets: ['hunter2'] })

  assert.deepEqual(readMasks(folder), {
    redaction: { ...REDACTION, patterns: REDACTION.patterns.slice(0, 1) },
    variables: ['TOKEN'],
    patternsLeftOut: 2
  })
  const path = join(folder, MASKS)
  assert.doesNotMatch(readFileSync(path, 'utf8'), /hunt/)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a pipeline without the section masks by default, and the newest run counts', t => {
  const folder = folderOf(t)
  rememberMasks(folder, { redaction: REDACTION, variables: ['TOKEN'], secrets: [] })
  rememberMasks(folder, { redaction: undefined, variables: [], secrets: [] })

  assert.deepEqual(readMasks(folder), { redaction: DEFAULT_REDACTION, variables: [], patternsLeftOut: 0 })
})

test('no file is known from one that cannot be understood', t => {
  const folder = folderOf(t)
  assert.equal(readMasks(folder), 'none')
  rememberMasks(folder, { redaction: REDACTION, variables: [], secrets: [] })
  const whole = readFileSync(join(folder, MASKS), 'utf8')
  const damaged = [
    '',
    'null',
    '{}',
    whole.slice(0, -9),
    whole.replace('"showsPayloads": false', '"showsPayloads": 0'),
    whole.replace('\\\\bCUST', '('),
    whole.replace('"variables": []', '"variables": [1]')
  ]
  for (const text of damaged) {
    writeFileSync(join(folder, MASKS), text)
    assert.equal(readMasks(folder), 'damaged', text)
  }
  writeFileSync(join(folder, MASKS), whole)
  assert.notEqual(readMasks(folder), 'damaged')
})
