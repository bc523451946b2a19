// The index of dead letters says what the log says, whatever happens to the log.

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { nodeFileSystem } from '../base/file-system.ts'
import { discardLetters } from '../state/dead-letter-log/discard.ts'
import { logFolder, segmentName } from '../state/dead-letter-log/layout.ts'
import { letter, readLog } from '../state/dead-letter-log/log-fixtures.ts'
import { DeadLetterLog } from '../state/dead-letter-log/writer.ts'
import { appendLetters, asTheyAre, folderWithLetters, keep, upTo } from './store-fixtures.ts'

describe('the index of dead letters', () => {
  test('lists what is in the log, newest first, with what a list needs', t => {
    const kept = keep(t, folderWithLetters(t, 7))
    kept.catchUp()
    assert.deepEqual(kept.numbers(), upTo(7))
    const newest = kept.find({ limit: 1 })
    assert.deepEqual(newest?.dead_letters, [
      {
        number: 6,
        id: '0:180',
        kind: 'dead',
        processor: 'error',
        tag: 'error',
        error: 'TypeError',
        message: 'no code in line 6',
        code: null,
        attempts: 1,
        line: '2026-01-01 E6 disk full',
        line_bytes: 25,
        line_is_cut: false,
        file: 'access.log',
        line_number: 7,
        at: '2025-06-15T15:06:40.001Z',
        replay_of: null
      }
    ])
    assert.equal(newest?.known, 7)
  })

  test('is caught up with a log that grows, a few letters at a time', t => {
    const folder = folderWithLetters(t, 4)
    const kept = keep(t, folder)
    kept.catchUp()
    appendLetters(folder, 10, 4)
    assert.deepEqual(kept.numbers(), upTo(4), 'it does not look by itself')
    kept.catchUp(3)
    assert.deepEqual(kept.numbers(), upTo(14))
  })

  test('lets go of letters that the log was cut back from, also when others came in their place', t => {
    const folder = folderWithLetters(t, 9)
    const place = readLog(folder).stored[5].start
    const kept = keep(t, folder)
    kept.catchUp()
    const log = new DeadLetterLog(folder, nodeFileSystem, { segmentBytes: 800 })
    log.cutTo(place)
    log.append([letter(70), letter(80), letter(90), letter(91), letter(92)])
    log.close()
    kept.catchUp()
    assert.deepEqual(
      kept.find()?.dead_letters.map(({ line_number: line }) => line - 1),
      [92, 91, 90, 80, 70, 4, 3, 2, 1, 0]
    )
  })

  test('does not count letters that were discarded, before or after they were indexed', t => {
    const folder = folderWithLetters(t, 9)
    const { stored } = readLog(folder)
    discardLetters(folder, [stored[1]])
    const kept = keep(t, folder)
    kept.catchUp()
    assert.deepEqual(kept.numbers(), [0, 2, 3, 4, 5, 6, 7, 8])
    discardLetters(folder, [stored[4], stored[8]])
    kept.catchUp()
    assert.deepEqual(kept.numbers(), [0, 2, 3, 5, 6, 7])
    assert.equal(kept.find()?.discarded, 3)
  })

  test('forgets segments that are gone, and all of a log that is gone', t => {
    const folder = folderWithLetters(t, 9)
    const kept = keep(t, folder)
    kept.catchUp()
    rmSync(join(logFolder(folder), segmentName(1)))
    kept.catchUp()
    const left = readLog(folder).stored.map(({ sequence }) => sequence)
    assert.ok(left.length > 0 && left.length < 9)
    assert.deepEqual(kept.numbers(), left)
    rmSync(logFolder(folder), { recursive: true })
    kept.catchUp()
    assert.deepEqual(kept.numbers(), [])
  })

  test('finds by processor, code, text and time, page by page', t => {
    const folder = folderWithLetters(t, 20)
    const log = new DeadLetterLog(folder, nodeFileSystem)
    const error = { name: 'Error', message: 'gone: "50%"', stack: undefined, code: 'hung' }
    log.append([letter(20, { processor: 'a_b', error }), letter(21, { atMilliseconds: 1_800_000_000_000 })])
    log.close()
    const kept = keep(t, folder)
    kept.catchUp()
    const numbers = (query: Parameters<typeof kept.find>[0]) =>
      kept.find(query)?.dead_letters.map(({ number }) => number)
    assert.deepEqual(numbers({ processor: 'a_b' }), [20])
    assert.deepEqual(numbers({ processor: 'aXb' }), [])
    assert.deepEqual(numbers({ code: 'hung' }), [20])
    assert.deepEqual(numbers({ text: '"50%"' }), [20])
    assert.deepEqual(numbers({ text: 'E13 disk' }), [13])
    assert.deepEqual(numbers({ text: "'; DROP TABLE dead_letters; --" }), [])
    assert.deepEqual(numbers({ from: 1_750_000_000_002 }), [21])
    assert.deepEqual(numbers({ to: 1_750_000_000_002, limit: 1 }), [20])

    const paged: (number | null)[] = []
    for (let before: number | undefined; ; ) {
      const page = kept.find({ limit: 3, before })!
      paged.push(...page.dead_letters.map(({ number }) => number))
      if (page.before === null) break
      before = Number(page.before)
    }
    assert.deepEqual(paged, upTo(22).reverse())
  })

  test('holds only text that was revealed, and is made anew when that is done in another way', t => {
    const folder = folderWithLetters(t, 3)
    const first = keep(t, folder, text => asTheyAre(text).replaceAll('disk', '***'))
    first.catchUp()
    assert.equal(first.find({ text: 'disk' })?.dead_letters.length, 0)
    assert.equal(first.find({ text: 'E1 *** full' })?.dead_letters.length, 1)
    first.database.close()
    const second = keep(t, folder, text => asTheyAre(text).replaceAll('full', '***'), 'another')
    second.catchUp()
    assert.equal(second.find({ text: 'full' })?.dead_letters.length, 0)
    assert.equal(second.find({ text: 'E1 disk ***' })?.dead_letters.length, 1)
  })

  test('has the letters beside a damaged one', t => {
    const folder = folderWithLetters(t, 5)
    const { start } = readLog(folder).stored[1]
    const path = join(logFolder(folder), segmentName(start.segment))
    const bytes = readFileSync(path)
    bytes[start.length + 40] ^= 0xff
    writeFileSync(path, bytes)
    const kept = keep(t, folder)
    kept.catchUp()
    assert.deepEqual(kept.numbers(), [0, 2, 3, 4])
  })
})
