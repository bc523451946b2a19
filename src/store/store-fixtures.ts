// State folders with dead letters, and the index of them as a question sees it.

import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { nodeFileSystem } from '../base/file-system.ts'
import type { DeadLetters } from '../contract/dead-letters.ts'
import type { KeptJourney } from '../contract/journey.ts'
import type { Trace } from '../contract/trace.ts'
import type { RevealText } from '../state/dead-letter-log/filter.ts'
import { letters } from '../state/dead-letter-log/log-fixtures.ts'
import { DeadLetterLog } from '../state/dead-letter-log/writer.ts'
import { temporaryFolder } from '../state/state-fixtures.ts'
import { KeptDatabase } from './kept-database.ts'
import { LetterIndex } from './letter-index.ts'
import { findDeadLetters } from './letter-query.ts'
import type { DeadLetterQuery, HistorySample } from './messages.ts'
import { Store, type StoreOptions } from './store.ts'

export const asTheyAre: RevealText = content =>
  typeof content === 'string' ? content : Buffer.from(content).toString()

export const TEXT_VERSION = 'config'

/** A folder with so many letters, in segments of about three. */
export function folderWithLetters(t: TestContext, count: number): string {
  const folder = join(temporaryFolder(t), 'run-00000000')
  nodeFileSystem.mkdirSync(folder, 0o700)
  appendLetters(folder, count)
  return folder
}

export function appendLetters(folder: string, count: number, first = 0): void {
  const log = new DeadLetterLog(folder, nodeFileSystem, { segmentBytes: 800 })
  log.append(letters(count, first))
  log.close()
}

export interface Kept {
  readonly database: KeptDatabase
  readonly said: string[]
  catchUp(atMost?: number): void
  find(query?: Partial<DeadLetterQuery>): DeadLetters | undefined
  /** Numbers of all letters that count, oldest first. */
  numbers(): (number | null)[] | undefined
}

export function keep(t: TestContext, stateFolder: string, reveal = asTheyAre, textVersion = TEXT_VERSION): Kept {
  const said: string[] = []
  let now = 0
  // Each look at the clock is a minute later, so that nothing has to be waited for.
  const database = new KeptDatabase({
    stateFolder,
    say: text => said.push(text),
    nowMilliseconds: () => (now += 60_000)
  })
  t.after(() => database.close())
  const index = new LetterIndex(stateFolder, reveal, textVersion)
  const find: Kept['find'] = query => database.read(opened => findDeadLetters(opened, { limit: 1_000, ...query }, true))
  return {
    database,
    said,
    catchUp: (atMost = 10_000) => {
      for (let isComplete: boolean | undefined = false; isComplete === false; ) {
        isComplete = database.write(opened => index.catchUp(opened, atMost))?.isComplete
      }
    },
    find,
    numbers: () =>
      find()
        ?.dead_letters.map(letter => letter.number)
        .reverse()
  }
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number)
}

export const START = Date.UTC(2030, 0, 1)

export function storeOf(t: TestContext, stateFolder: string, options: Partial<StoreOptions> = {}): Store {
  const run = { startedAt: START, pipeline: 'p', version: '1.2.3', configHash: TEXT_VERSION, isTraced: true }
  const store = new Store({
    stateFolder,
    run,
    reveal: asTheyAre,
    textVersion: TEXT_VERSION,
    say: () => undefined,
    ...options
  })
  t.after(() => store.close())
  return store
}

export function sampleAt(at: number, changes: Partial<HistorySample> = {}): HistorySample {
  const none = { seconds: 1, entered: 0, settled: 0, errors: 0, dead: 0, bytes: 0, nodes: [] }
  return { step: 1, at, ...none, ...changes }
}

/** The n-th journey; different from all others. */
export function journeyOf(
  number: number,
  changes: Partial<Trace> = {},
  reasons: KeptJourney['reasons'] = ['baseline']
): KeptJourney {
  const trace: Trace = {
    id: `0:${number * 10}`,
    replay_of: null,
    line: `line ${number} of user-${number % 10}`,
    line_bytes: 20,
    line_is_cut: false,
    file: 'in.log',
    line_number: number + 1,
    path: ['start', 'end'],
    route: 'start > end',
    outcome: 'delivered',
    reason: null,
    was_changed: false,
    had_errors: false,
    read_at: new Date(START + number * 1_000).toISOString(),
    settled_at: new Date(START + number * 1_000 + number).toISOString(),
    hops: [],
    leaves: [],
    leaves_are_cut: false,
    reasons: null,
    weight: null,
    hops_are_cut: false,
    ...changes
  }
  return { trace, reasons, weight: 1 }
}
