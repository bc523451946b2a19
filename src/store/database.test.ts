// A database that is no good costs nothing but what it held: it is set aside, a new one begun, and what can be made again
// is.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'

import { setAsideIn, survives } from './damage-fixtures.ts'
import { storeFile } from './files.ts'
import { KeptDatabase } from './kept-database.ts'
import { inspectStore } from './look.ts'
import { SCHEMA_VERSION } from './schema.ts'
import { folderWithLetters, keep, upTo } from './store-fixtures.ts'

const LETTERS = 12

function folderWithStore(t: TestContext): { folder: string; bytes: Buffer } {
  const folder = folderWithLetters(t, LETTERS)
  const kept = keep(t, folder)
  kept.catchUp()
  kept.database.close()
  return { folder, bytes: readFileSync(storeFile(folder)) }
}

describe('a database that is no good', () => {
  test('any page of it overwritten is found out or does no harm [F10]', t => {
    const { folder, bytes } = folderWithStore(t)
    for (let page = 0; page * 4096 < bytes.length; page++) {
      const filling = [0x00, 0xff, 0x5a][page % 3]
      const changed = Buffer.from(bytes).fill(filling, page * 4096, (page + 1) * 4096)
      survives(t, folder, changed, LETTERS, `page ${page} filled with ${filling}`)
    }
  })

  test('cut anywhere is found out or does no harm [F10]', t => {
    const { folder, bytes } = folderWithStore(t)
    for (const length of [0, 1, 15, 16, 99, 100, 101, 511, 512, 4095, 4096, 4097, 8192, bytes.length - 1]) {
      survives(t, folder, bytes.subarray(0, length), LETTERS, `cut to ${length} bytes`)
    }
    const long = Buffer.concat([bytes, Buffer.alloc(10_000, 0x41)])
    survives(t, folder, long, LETTERS, 'bytes behind its end')
  })

  test('with bytes changed is found out or does no harm [F10]', t => {
    const { folder, bytes } = folderWithStore(t)
    // Prime, so that it meets every place of a page in the end; the long test takes every byte.
    for (let at = 3; at < bytes.length; at += 2_003) {
      const changed = Buffer.from(bytes)
      changed[at] ^= 1 << (at % 8)
      survives(t, folder, changed, LETTERS, `bit ${at % 8} of byte ${at}`)
    }
    // SQLite opens such a file to read only.
    const changed = Buffer.from(bytes)
    changed[18] = 5
    survives(t, folder, changed, LETTERS, 'byte 18')
  })

  test('a text in its place is kept under another name, and said [F10]', t => {
    const { folder } = folderWithStore(t)
    const text = Buffer.from('These are my notes.\n'.repeat(1000))
    const [said] = survives(t, folder, text, LETTERS, 'a text')
    assert.match(said, /the database cannot be used \(file is not a database\)\. It is kept as .*set-aside/)
  })

  test('a folder in its place is kept under another name, and said [F10]', t => {
    const folder = folderWithLetters(t, LETTERS)
    mkdirSync(storeFile(folder))
    writeFileSync(join(storeFile(folder), 'mine'), 'of the user')
    assert.equal(inspectStore(folder).kind, 'damaged')
    const kept = keep(t, folder)
    kept.catchUp()
    assert.deepEqual(kept.numbers(), upTo(LETTERS))
    assert.equal(readFileSync(join(folder, setAsideIn(folder)[0], 'mine'), 'utf8'), 'of the user')
    assert.match(kept.said[0], /it is no file/)
  })

  test('one of another program, or of a newer Linescope, is kept under another name [F10]', t => {
    const { folder, bytes } = folderWithStore(t)
    for (const [change, reason] of [
      [`PRAGMA user_version = ${SCHEMA_VERSION + 1}`, /a newer Linescope has made it/],
      ['PRAGMA application_id = 7', /it is none of Linescope/],
      ['DROP TABLE dead_letters', /its tables are not as they were made/],
      ['ALTER TABLE facts RENAME COLUMN value TO worth', /its tables are not as they were made/]
    ] as const) {
      writeFileSync(storeFile(folder), bytes)
      const database = new DatabaseSync(storeFile(folder))
      database.exec(change)
      database.close()
      assert.equal(inspectStore(folder).kind, 'damaged')
      const [said] = survives(t, folder, readFileSync(storeFile(folder)), LETTERS, change)
      assert.match(said, reason)
    }
  })

  test('is set aside only a few times in one run, and then left alone', t => {
    const { folder } = folderWithStore(t)
    const said: string[] = []
    const database = new KeptDatabase({ stateFolder: folder, say: text => said.push(text) })
    for (let time = 0; time < 10; time++) {
      const done = database.write(() => {
        throw new TypeError('a row that nobody wrote')
      })
      assert.equal(done, undefined)
    }
    assert.equal(setAsideIn(folder).length, 4)
    assert.match(said.at(-1)!, /too often/)
    assert.match(database.trouble!, /stays off/)
  })
})

describe('a database that cannot be used at the moment', () => {
  test('is said once and tried again; nothing is set aside [F10]', t => {
    const { folder } = folderWithStore(t)
    const other = new DatabaseSync(storeFile(folder))
    other.exec('BEGIN EXCLUSIVE')
    const kept = keep(t, folder)
    assert.equal(kept.numbers(), undefined)
    assert.equal(kept.numbers(), undefined)
    assert.equal(kept.said.length, 1)
    assert.match(kept.said[0], /not kept at the moment: another process has it/)
    other.close()
    assert.deepEqual(kept.numbers(), upTo(LETTERS))
    assert.equal(kept.said.length, 2)
    assert.deepEqual(setAsideIn(folder), [])
  })

  test('because nothing can be written there, is said and tried again [F10]', () => {
    const said: string[] = []
    // Nobody can make a file there.
    const database = new KeptDatabase({ stateFolder: '/proc/self', say: text => said.push(text) })
    assert.equal(
      database.write(() => ({})),
      undefined
    )
    assert.equal(said.length, 1)
    assert.notEqual(database.trouble, undefined)
  })
})

describe('the database', () => {
  test('is readable by its owner only, whatever it was before', t => {
    const { folder, bytes } = folderWithStore(t)
    assert.equal(statSync(storeFile(folder)).mode & 0o777, 0o600)
    writeFileSync(storeFile(folder), bytes, { mode: 0o644 })
    const kept = keep(t, folder)
    kept.catchUp()
    for (const name of ['store.db', 'store.db-wal']) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
  })

  test('of a process that was killed has all that was committed, also for who only looks', t => {
    const folder = folderWithLetters(t, LETTERS)
    const kept = keep(t, folder)
    kept.catchUp()
    // What the process leaves: both files as they are while it is open.
    const left = folderWithLetters(t, LETTERS)
    for (const name of ['store.db', 'store.db-wal']) writeFileSync(join(left, name), readFileSync(join(folder, name)))
    assert.equal(inspectStore(left).kind, 'whole')
    assert.ok(statSync(join(left, 'store.db-wal')).size > 0, 'looking changes nothing')
    const next = keep(t, left)
    assert.deepEqual(next.numbers(), upTo(LETTERS))
  })
})
