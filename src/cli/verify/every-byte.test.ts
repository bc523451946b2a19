// Whatever byte of a state folder the disk changes or loses, it is noticed, and the file is named.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import type { Check } from '../checks/check.ts'
import { textOf } from '../checks/check-text.ts'
import { leaveState, NOW } from './state-fixtures.ts'
import { verifyFolder } from './verify-folder.ts'

const FILES = [
  'checkpoint',
  'checkpoint.previous',
  'dead-letters/000000000001.dll',
  'dead-letters/000000000001.discards',
  'dead-letters/000000000002.dll',
  'dead-letters/000000000003.dll'
]

/** Without locks, which would be taken and given back some thousand times. */
function leftFolder(t: TestContext): string {
  const { folder } = leaveState(t)
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('lock.db')) rmSync(join(folder, path))
    else if (statSync(join(folder, path)).isFile() && !path.endsWith('.gitignore'))
      assert.ok(FILES.includes(path), path)
  }
  return folder
}

function damageOf(folder: string): Check[] {
  const checks = verifyFolder(folder, undefined, NOW)
  const damage = checks.filter(({ level }) => level === 'damage')
  // It can be shown, and says what it means for the next start.
  assert.match(textOf(checks), /^(?:ok|note|warning|damage) /)
  for (const { advice } of damage) assert.match(advice ?? '', /next start/)
  return damage
}

for (const name of FILES) {
  test(`every flipped byte of ${name} is noticed and said, with its place [F8]`, t => {
    const folder = leftFolder(t)
    const path = join(folder, name)
    const whole = readFileSync(path)
    assert.deepEqual(damageOf(folder), [])
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole)
      changed[at] ^= 1 << (at % 8)
      writeFileSync(path, changed)
      const place = damageOf(folder).find(({ facts }) => {
        const { file, byte, end_byte: end } = facts ?? {}
        return file === path && Number(byte) <= at && (at < Number(end) || byte === at)
      })
      assert.ok(place, `byte ${at} of ${name}`)
    }
    writeFileSync(path, whole)
    assert.deepEqual(damageOf(folder), [])
  })

  test(`every cut of ${name} is noticed and said, and one that is gone [F8]`, t => {
    const folder = leftFolder(t)
    const path = join(folder, name)
    const whole = readFileSync(path)
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length))
      assert.notDeepEqual(damageOf(folder), [], `${name} cut to ${length} bytes`)
    }
    for (const added of ['\0', '\n', 'x'.repeat(100)]) {
      writeFileSync(path, Buffer.concat([whole, Buffer.from(added)]))
      const checks = verifyFolder(folder, undefined, NOW)
      assert.ok(
        checks.some(({ level, facts }) => level !== 'ok' && facts?.['file'] === path),
        `${name} with ${JSON.stringify(added)} behind it`
      )
    }
    rmSync(path)
    // No one before the newest was ever promised, and a letter that is not discarded any more is not lost.
    const isNeeded = name !== 'checkpoint.previous' && !name.endsWith('.discards')
    assert.equal(damageOf(folder).length > 0, isNeeded)
  })
}
