import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import {
  CAREFUL_MILLISECONDS,
  POISON_FILE,
  POISON_LINE_FILE,
  PoisonNote,
  PoisonNotes,
  type PoisonPlace
} from './poison-notes.ts'

const PLACE: PoisonPlace = { sourceNumber: 2, offset: 2 ** 33 + 5, lineNumber: 17, node: 1, item: 0 }
const isBehind = (): boolean => false

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-poison-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A run that goes on, and is killed while this line runs alone. */
function killedWith(folder: string, place: PoisonPlace, configHash = 'a'): PoisonNotes {
  const notes = PoisonNotes.begin(folder, configHash, isBehind)
  const note = new PoisonNote(folder)
  note.write(place)
  note.close()
  return notes
}

describe('notes of lines that end whole processes', () => {
  test('are none after a run that ended by itself', t => {
    const folder = makeFolder(t)
    const notes = PoisonNotes.begin(folder, 'a', undefined)
    assert.equal(notes.isCareful, false)
    notes.end()
    assert.deepEqual(readdirSync(folder), [])
    assert.equal(PoisonNotes.begin(folder, 'a', isBehind).isCareful, false)
  })

  test('make the third run careful, and the sixth one leave the line out [E6]', t => {
    const folder = makeFolder(t)
    PoisonNotes.begin(folder, 'a', undefined)
    assert.equal(PoisonNotes.begin(folder, 'a', isBehind).isCareful, false)
    assert.deepEqual(
      [3, 4, 5].map(() => {
        const { isCareful, lines } = killedWith(folder, PLACE)
        return { isCareful, lines: lines.length }
      }),
      [
        { isCareful: true, lines: 0 },
        { isCareful: true, lines: 0 },
        { isCareful: true, lines: 0 }
      ]
    )

    const { lines } = PoisonNotes.begin(folder, 'a', isBehind)

    assert.deepEqual(lines, [{ ...PLACE, code: 'killed_lane', message: 'ended the whole process, again and again' }])
  })

  test('tell of an input once which of its lines are left out', t => {
    const folder = makeFolder(t)
    PoisonNotes.begin(folder, 'a', undefined)
    for (const _ of [2, 3, 4, 5]) killedWith(folder, PLACE)
    const notes = PoisonNotes.begin(folder, 'a', isBehind)

    assert.deepEqual(notes.untold(PLACE.sourceNumber + 1), [])
    assert.deepEqual(notes.untold(PLACE.sourceNumber), notes.lines)
    assert.deepEqual(notes.untold(PLACE.sourceNumber), [])
  })

  test('forget the deaths before of a run that goes on for long', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const folder = makeFolder(t)
    for (const _ of [1, 2, 3]) {
      const notes = PoisonNotes.begin(folder, 'a', isBehind)
      assert.equal(notes.isCareful, false)
      notes.working()
      t.mock.timers.tick(CAREFUL_MILLISECONDS)
    }
    PoisonNotes.begin(folder, 'a', isBehind)
    assert.equal(PoisonNotes.begin(folder, 'a', isBehind).isCareful, true)
  })

  test('make the next run careful at once whose process is killed for a line that nobody knows', t => {
    const folder = makeFolder(t)
    PoisonNotes.begin(folder, 'a', undefined).willBeKilled(undefined)
    assert.equal(PoisonNotes.begin(folder, 'a', isBehind).isCareful, true)
  })

  test('say nothing of lines that fewer than three runs in a row were killed with', t => {
    const folder = makeFolder(t)
    for (const _ of [1, 2]) PoisonNotes.begin(folder, 'a', isBehind)
    for (const offset of [1, 2, 2, 3, 2, 1, 1, 3]) assert.deepEqual(killedWith(folder, { ...PLACE, offset }).lines, [])
  })

  test('say nothing of a line that had its outcome when the run was killed', t => {
    const folder = makeFolder(t)
    for (const _ of [1, 2]) PoisonNotes.begin(folder, 'a', isBehind)
    for (const _ of [3, 4, 5]) {
      killedWith(folder, PLACE)
      const note = new PoisonNote(folder)
      note.write(PLACE)
      note.clear()
      note.close()
    }
    assert.deepEqual(PoisonNotes.begin(folder, 'a', isBehind).lines, [])
  })

  test('are forgotten by a fresh start, for another pipeline, and once the run is behind the line', t => {
    for (const [configHash, behind] of [
      ['a', undefined],
      ['b', isBehind],
      ['a', () => true]
    ] as const) {
      const folder = makeFolder(t)
      PoisonNotes.begin(folder, 'a', undefined)
      for (const _ of [2, 3, 4]) killedWith(folder, PLACE)
      assert.deepEqual(PoisonNotes.begin(folder, configHash, behind).lines, [])
    }
  })

  test('know at once the line that a process is killed for', t => {
    const folder = makeFolder(t)
    const line = { ...PLACE, code: 'hung', message: 'did not come back' } as const
    const notes = PoisonNotes.begin(folder, 'a', undefined)
    notes.willBeKilled(line)
    notes.end()
    const next = PoisonNotes.begin(folder, 'a', isBehind)
    assert.deepEqual([next.lines, next.isCareful], [[line], false])
  })

  test('that are damaged, anywhere, say nothing', t => {
    const folder = makeFolder(t)
    PoisonNotes.begin(folder, 'a', undefined)
    for (const _ of [2, 3, 4]) killedWith(folder, PLACE)
    const line = readFileSync(join(folder, POISON_LINE_FILE))
    const notes = readFileSync(join(folder, POISON_FILE))
    for (let at = 0; at < line.length; at++) {
      const damaged = Buffer.from(line)
      damaged[at] ^= 0x10
      writeFileSync(join(folder, POISON_LINE_FILE), damaged)
      writeFileSync(join(folder, POISON_FILE), notes)
      assert.deepEqual(PoisonNotes.begin(folder, 'a', isBehind).lines, [], `byte ${at}`)
    }
    for (const text of ['', '{', 'null', '[]', '{"lines":1}']) {
      writeFileSync(join(folder, POISON_FILE), text)
      assert.deepEqual(PoisonNotes.begin(folder, 'a', isBehind).lines, [])
    }
    assert.ok(existsSync(join(folder, POISON_FILE)))
  })
})
