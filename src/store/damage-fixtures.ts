// What may become of the database's file, and what must hold afterwards.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { isSetAside, storeFile } from './files.ts'
import { rebuildLetterIndex } from './rebuild.ts'
import { asTheyAre, keep, TEXT_VERSION, upTo } from './store-fixtures.ts'

/** A damaged file is found out, or is as good as whole: nothing throws, and the index comes out right when made anew. */
export function survives(t: TestContext, folder: string, bytes: Uint8Array, letters: number, what: string): string[] {
  for (const name of setAsideIn(folder)) rmSync(join(folder, name))
  writeFileSync(storeFile(folder), bytes)
  const kept = keep(t, folder)
  let numbers: ReturnType<typeof kept.numbers>
  // As the thread does: what was set aside in the middle of something is made again the next time.
  for (let aside = -1; numbers === undefined || aside < setAsideIn(folder).length; ) {
    aside = setAsideIn(folder).length
    kept.catchUp()
    numbers = kept.numbers()
    if (aside > 3) break
  }
  assert.ok(Array.isArray(numbers), `${what}: ${kept.said.join(' ')}`)
  assert.equal(kept.database.trouble, undefined, what)
  kept.database.close()
  const aside = setAsideIn(folder)
  // What was set aside was made again from the log, and is still there, byte for byte.
  if (aside.length > 0) {
    assert.deepEqual(numbers, upTo(letters), what)
    assert.equal(kept.said.filter(text => text.includes('cannot be used')).length, aside.length, what)
    assert.deepEqual(readFileSync(join(folder, aside[0])), Buffer.from(bytes), what)
  } else assert.deepEqual(kept.said, [], what)
  rebuildLetterIndex(folder, asTheyAre, TEXT_VERSION)
  const after = keep(t, folder)
  assert.deepEqual(after.numbers(), upTo(letters), what)
  after.database.close()
  return kept.said
}

export function setAsideIn(folder: string): string[] {
  return readdirSync(folder).filter(name => isSetAside(name) && !/-(?:wal|shm|journal)$/.test(name))
}
