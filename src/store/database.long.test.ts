// Bytes of a small database changed, all of its header and every eighth of the rest, each time another bit; and cut there.

import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { survives } from './damage-fixtures.ts'
import { storeFile } from './files.ts'
import { folderWithLetters, keep } from './store-fixtures.ts'

const LETTERS = 12

test('a database with one of its bytes changed, or cut anywhere, is found out or does no harm [F10]', t => {
  const folder = folderWithLetters(t, LETTERS)
  const kept = keep(t, folder)
  kept.catchUp()
  kept.database.close()
  const bytes = readFileSync(storeFile(folder))
  for (let at = 0; at < bytes.length; at += at < 512 ? 1 : 8 + (at % 3)) {
    const changed = Buffer.from(bytes)
    changed[at] ^= 1 << (at % 8)
    survives(t, folder, changed, LETTERS, `bit ${at % 8} of byte ${at}`)
    if (at % 32 === 0) survives(t, folder, bytes.subarray(0, at), LETTERS, `cut to ${at} bytes`)
  }
})
