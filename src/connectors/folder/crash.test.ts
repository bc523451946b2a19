// A crash at every call of pick-up, reading, commit and move, by kill -9 and by power failure: what comes out in the
// end is each line once, and each file is where it belongs.
//
// The engine is a model of a few lines: a commit keeps lines and positions at one instant, a crash takes back what was
// read since.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { seededRandom } from '../../base/simulated-disk-fixtures.ts'
import { SimulatedFileSystem } from '../../base/simulated-file-system-fixtures.ts'
import type { InputPosition } from '../../sdk/source.ts'
import { systemClock } from './clock.ts'
import { createFolderSource } from './source.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const SEEDS = IS_LONG ? 60 : 3

class Crash extends Error {}

/** What a crash leaves of the engine. */
interface Kept {
  lines: string[]
  positions: Map<number, InputPosition>
}

const linesOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name} line ${index}`)

const TEXTS: Record<string, string[]> = {
  'a.log': linesOf('a', 6),
  'b.log': linesOf('b', 1),
  'c.log.gz': linesOf('c', 40),
  'empty.log': []
}
const ALL_LINES = Object.values(TEXTS).flat().sort()

function makeDisk(): SimulatedFileSystem {
  const fileSystem = new SimulatedFileSystem()
  for (const path of ['/in', '/in/unprocessed', '/in/processed']) fileSystem.mkdirSync(path)
  const bytes = (name: string) => Buffer.from(TEXTS[name].map(line => `${line}\n`).join(''))
  for (const name of ['a.log', 'b.log', 'empty.log']) fileSystem.put(`/in/unprocessed/${name}`, bytes(name))
  // Its checksum is missing: all lines can be read, and then it turns out to be damaged.
  fileSystem.put('/in/unprocessed/c.log.gz', gzipSync(bytes('c.log.gz')).subarray(0, -8))
  // Of an earlier day.
  fileSystem.put('/in/processed/a.log', 'yesterday\n')
  fileSystem.syncAll()
  return fileSystem
}

interface RunSettings {
  readonly fileSystem: SimulatedFileSystem
  readonly kept: Kept
  readonly deletes: boolean
  readonly random: () => number
  /** Called before each call: throws to crash. */
  readonly onCall?: (name: string) => void
}

/** Runs until the source ends. Whatever was committed stands in `kept`, also when a crash ends it. */
async function run({ fileSystem, kept, deletes, random, onCall }: RunSettings): Promise<void> {
  let hasCrashed = false
  fileSystem.intercept = ({ name }) => {
    if (hasCrashed) throw new Crash()
    try {
      onCall?.(name)
    } catch (crash) {
      hasCrashed = true
      throw crash
    }
    return undefined
  }
  const definition = createFolderSource({
    fileSystem,
    clock: systemClock,
    watch: () => ({ close() {} }),
    lock: () => ({ release() {} })
  })
  const options = definition.options.parse({
    path: '/in',
    order: 'name',
    exit_when_empty: true,
    rescan: 10,
    after: deletes ? 'delete' : 'keep'
  })
  const positions = new Map(kept.positions)
  const source = definition.open(options, {
    baseFolder: '/',
    outputFiles: [],
    resume: [...kept.positions.values()],
    release: sourceNumber => positions.delete(sourceNumber)
  })
  let uncommitted: string[] = []
  let finished: number[] = []
  const commit = async (): Promise<void> => {
    // The source may take the crash for an error that it can live with; the engine is dead.
    if (hasCrashed) throw new Crash()
    kept.lines = [...kept.lines, ...uncommitted]
    kept.positions = new Map(positions)
    uncommitted = []
    for (const sourceNumber of finished) source.committed!(sourceNumber)
    finished = []
    await new Promise(resolve => setImmediate(resolve))
  }
  const target = new Uint8Array(64)
  for (;;) {
    const next = source.next()
    // Before it waits the engine publishes all that it has.
    if (next instanceof Promise) {
      next.catch(() => {})
      await commit()
    }
    const input = await next
    if (input === undefined) break
    const { sourceNumber, name, file, stored, start } = input
    let offset = start!.offset
    const note = (isFinished: boolean): void => {
      const position = { name, path: file, stored, head: undefined, offset, lineNumber: 0, isFinished }
      positions.set(sourceNumber!, { sourceNumber: sourceNumber!, ...position })
    }
    note(false)
    for (;;) {
      const count = await input.read(target, 0, target.length)
      if (count === 0) break
      uncommitted.push(...Buffer.from(target.subarray(0, count)).toString().split('\n').slice(0, -1))
      offset += count
      note(false)
      if (random() < 0.3) await commit()
    }
    note(true)
    finished.push(sourceNumber!)
    if (random() < 0.5) await commit()
  }
  source.close()
  if (hasCrashed) throw new Crash()
}

async function runAndCrash(settings: RunSettings, crashAt: number): Promise<boolean> {
  let calls = 0
  try {
    const onCall = () => {
      if (++calls === crashAt) throw new Crash()
    }
    await run({ ...settings, onCall })
    return false
  } catch (error) {
    if (!(error instanceof Crash) && !(calls >= crashAt)) throw error
    return true
  }
}

function namesIn(fileSystem: SimulatedFileSystem, folder: string): string[] {
  fileSystem.intercept = () => undefined
  return fileSystem.readdirSync(`/in/${folder}`).filter(name => !name.startsWith('.'))
}

/** What is in a folder; without the empty files that only take a name when a crash comes between. */
function contentsOf(fileSystem: SimulatedFileSystem, folder: string): string[] {
  const texts = namesIn(fileSystem, folder).map(name => fileSystem.bytesOf(`/in/${folder}/${name}`)!)
  return texts.filter(bytes => bytes.length > 0).map(bytes => bytes.toString('latin1'))
}

function assertAllIsWell(fileSystem: SimulatedFileSystem, kept: Kept, deletes: boolean, what: string): void {
  assert.deepEqual([...kept.lines].sort(), ALL_LINES, what)
  assert.deepEqual(namesIn(fileSystem, 'unprocessed'), [], what)
  assert.deepEqual(namesIn(fileSystem, 'underprocess'), [], what)
  const read = ['a.log', 'b.log'].map(name => TEXTS[name].map(line => `${line}\n`).join(''))
  const processed = contentsOf(fileSystem, 'processed').sort()
  assert.deepEqual(processed, [...(deletes ? [] : read), 'yesterday\n'].sort(), what)
  assert.equal(fileSystem.bytesOf('/in/processed/a.log')!.toString(), 'yesterday\n', what)
  const quarantined = contentsOf(fileSystem, 'quarantine')
  assert.equal(quarantined.length, 2, what)
  assert.equal(quarantined.filter(text => /the gzip data is cut off/.test(text)).length, 1, what)
  assert.ok(
    namesIn(fileSystem, 'quarantine').some(name => name.endsWith('.gz.error')),
    what
  )
}

interface Trial {
  readonly deletes: boolean
  readonly losesWhatIsNotSynced: boolean
  /** Breaks the disk before each run. */
  readonly breaks?: (fileSystem: SimulatedFileSystem) => void
}

/** Crashes at each call in turn, then lets runs go on, some of which crash once more. */
async function crashEverywhere({ deletes, losesWhatIsNotSynced, breaks }: Trial): Promise<number> {
  let crashes = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    for (let crashAt = 1; ; crashAt++) {
      let fileSystem = makeDisk()
      const kept: Kept = { lines: [], positions: new Map() }
      const what = `seed ${seed}, crash at call ${crashAt}`
      const random = seededRandom(seed * 10_000 + crashAt)
      breaks?.(fileSystem)
      if (!(await runAndCrash({ fileSystem, kept, deletes, random }, crashAt))) break
      crashes++
      for (let again = 0; ; again++) {
        if (!losesWhatIsNotSynced) fileSystem.syncAll()
        fileSystem = fileSystem.crash(seed * 1_000 + crashAt + again)
        breaks?.(fileSystem)
        const next = again < 1 && random() < 0.5 ? Math.ceil(random() * 60) : Number.POSITIVE_INFINITY
        if (!(await runAndCrash({ fileSystem, kept, deletes, random }, next))) break
      }
      assertAllIsWell(fileSystem, kept, deletes, what)
    }
  }
  return crashes
}

describe('a watched folder through crashes', () => {
  for (const deletes of [false, true]) {
    const files = deletes ? 'that are deleted' : 'that are kept'
    test(`killed at every call, with files ${files}: each file and each line once`, async t => {
      const crashes = await crashEverywhere({ deletes, losesWhatIsNotSynced: false })
      t.diagnostic(`${crashes} crashes`)
      assert.ok(crashes > 100 * SEEDS, String(crashes))
    })

    test(`a power failure at every call, with files ${files}: each file and each line once`, async t => {
      const crashes = await crashEverywhere({ deletes, losesWhatIsNotSynced: true })
      t.diagnostic(`${crashes} crashes`)
      assert.ok(crashes > 100 * SEEDS, String(crashes))
    })
  }

  test('without the syncs of folders a power failure makes lines come twice: the simulation notices', async () => {
    const breaks = (fileSystem: SimulatedFileSystem) => {
      fileSystem.fsyncSync = () => {}
    }
    await assert.rejects(crashEverywhere({ deletes: false, losesWhatIsNotSynced: true, breaks }), assert.AssertionError)
  })
})
