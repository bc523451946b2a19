import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { totalsOf } from '../observer/history-sampler.ts'
import { delivered, describePipeline, regionFor } from '../observer/observe-recording-fixtures.ts'
import { RecordingLane } from '../observer/recording-lane-fixtures.ts'
import { letters } from '../state/dead-letter-log/log-fixtures.ts'
import { DeadLetterLog } from '../state/dead-letter-log/writer.ts'
import { StoreClient } from '../store/client.ts'
import { isSetAside, storeFile } from '../store/files.ts'
import { StoreThread } from './store-thread.ts'
import { ThreadIntruder, until } from './thread-fixtures.ts'

const PIPELINE = describePipeline(['general'], ['end'])
const CRASH = 'setTimeout(() => { throw new Error("crashed on purpose") })'
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER, step: 1 } as const

function startStore(t: TestContext, prepare: (folder: string) => void = () => undefined) {
  const stateFolder = mkdtempSync(join(tmpdir(), 'linescope-store-thread-'))
  t.after(() => rmSync(stateFolder, { recursive: true, force: true }))
  prepare(stateFolder)
  const region = regionFor(PIPELINE, true)
  const lane = new RecordingLane(region)
  lane.publish('running')
  const log: string[] = []
  const troubles: (string | undefined)[] = []
  const client = new StoreClient()
  const thread = new StoreThread(
    {
      stateFolder,
      run: { startedAt: Date.now(), pipeline: 'p', version: '1.2.3', configHash: 'c', isTraced: true },
      pipeline: PIPELINE,
      regions: [region],
      totals: totalsOf(region),
      readsPages: true,
      secrets: ['secret-value']
    },
    {
      log: message => log.push(message),
      onTrouble: trouble => troubles.push(trouble),
      onRestart: () => client.attach(thread.connect()!)
    }
  )
  t.after(() => thread.stop())
  client.attach(thread.connect()!)
  return { stateFolder, lane, log, troubles, client, thread, intruder: new ThreadIntruder(t) }
}

function addLetters(stateFolder: string, count: number, first = 0): void {
  const log = new DeadLetterLog(stateFolder)
  log.append(letters(count, first))
  log.close()
}

const failing = (message: string) => ({
  text: message,
  leaves: [{ nodes: [0], outcome: 'dead' as const }],
  errors: [{ node: 0, message }]
})

describe('the thread of the store', () => {
  test('keeps what lanes count, their errors and dead letters, all masked, and how the run ended', async t => {
    const { stateFolder, lane, client, thread, log } = startStore(t)
    lane.record([delivered('one', [0, 1]), failing('no secret-value here')])
    lane.publish('running')
    addLetters(stateFolder, 3)
    await until('a second of history with a line', async () => {
      const history = await client.ask('history', { ...ALL, node: 'general' })
      return history?.points.some(point => (point.node?.received_per_second ?? 0) > 0) || undefined
    })
    const allGroups = { sort: 'count', limit: 9 } as const
    const group = await until('the error', async () => (await client.ask('errorGroups', allGroups))?.groups[0])
    assert.equal(group.message, 'no *** here')
    await until('the index', async () => (await client.ask('deadLetters', { limit: 9 }))?.known === 3 || undefined)

    thread.ended('end', undefined)
    thread.status({ exitCode: 0 })
    const ended = await until('the end', async () => {
      const run = (await client.ask('runs', { limit: 1 }))?.runs[0]
      return run?.exit_code === 0 ? run : undefined
    })
    assert.deepEqual([ended.ending, ended.ledger?.entered], ['end', 2])
    await thread.stop()
    assert.deepEqual(readdirSync(stateFolder).sort(), ['dead-letters', 'store.db'])
    assert.deepEqual(log, [])
  })

  test('that dies is started again, and goes on with the same run [E5]', async t => {
    const { stateFolder, client, log, intruder } = startStore(t)
    await until('the first answer', () => client.ask('runs', { limit: 9 }))
    await intruder.run('threads/store.ts', CRASH)
    await until('the new start', () => log.some(message => message.includes('is started again')) || undefined)
    addLetters(stateFolder, 2)
    await until('its index', async () => (await client.ask('deadLetters', { limit: 9 }))?.known === 2 || undefined)
    const { runs } = (await client.ask('runs', { limit: 9 }))!
    assert.deepEqual(
      runs.map(({ run, ending }) => [run, ending]),
      [[1, 'running']]
    )
    assert.deepEqual(log, ['store: crashed on purpose', 'store: ended by itself and is started again'])
  })

  test('stays off after five new starts within a minute, and that is said [E5]', async t => {
    const { client, log, troubles, intruder } = startStore(t)
    for (let death = 1; death <= 6; death++) {
      await until('an answer', () => client.ask('runs', { limit: 9 }))
      await intruder.run('threads/store.ts', CRASH)
      await until('its death', () => log.filter(text => text.includes('crashed')).length === death || undefined)
    }
    await until('the last word', () => log.some(text => text.includes('stays off')) || undefined)
    assert.match(troubles.at(-1)!, /History is not kept: its thread ended again and again/)
    assert.equal(await client.ask('runs', { limit: 1 }), undefined)
  })

  test('begins a new database in place of one that is damaged, and says so [F10]', async t => {
    const { stateFolder, client, log } = startStore(t, folder => {
      addLetters(folder, 4)
      writeFileSync(storeFile(folder), 'some notes of mine, longer than a header of SQLite\n'.repeat(100))
    })
    await until('the index', async () => (await client.ask('deadLetters', { limit: 9 }))?.known === 4 || undefined)
    assert.equal(log.length, 1)
    assert.match(log[0], /cannot be used \(file is not a database\)/)
    assert.equal(readdirSync(stateFolder).filter(isSetAside).length, 1)
  })

  test('is waited for by nobody: while it is stuck, questions end without an answer and journeys are counted', async t => {
    const { client, intruder } = startStore(t)
    await until('an answer', () => client.ask('runs', { limit: 9 }))
    await intruder.run('threads/store.ts', 'for (const end = Date.now() + 6_000; Date.now() < end; );')
    // The intruder's own message may be late.
    await until('it to be stuck', async () =>
      (await client.ask('runs', { limit: 9 })) === undefined ? true : undefined
    )
    const trace = { line: 'x'.repeat(1_000_000), hops: [] }
    for (let number = 0; number < 20; number++) client.keep([{ trace, reasons: [], weight: 1 } as never])
    assert.ok(client.dropped.journeys >= 12, String(client.dropped.journeys))
  })
})
