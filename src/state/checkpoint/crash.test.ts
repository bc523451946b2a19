// Power failures at every call, on a simulated disk: what a run finds when it starts again.

import assert from 'node:assert/strict'
import { constants } from 'node:fs'
import { describe, test } from 'node:test'

import { seededRandom } from '../../base/simulated-disk-fixtures.ts'
import { SimulatedFileSystem } from '../../base/simulated-file-system-fixtures.ts'
import type { Checkpoint } from './checkpoint.ts'
import { checkpoint, numberOf } from './checkpoint-fixtures.ts'
import { CommittedSink } from './committed-sink.ts'
import { encodeCheckpoint } from './encoding.ts'
import { readCheckpoint } from './reader.ts'
import { checkSink, cutSink } from './sink-file.ts'
import { CheckpointWriter } from './writer.ts'

const STATE = '/state'
const SINK = '/out/end.log'
const COMMITS = 4
const RUNS = process.env['LINESCOPE_LONG'] === '1' ? 10_000 : 500

/** What commit n adds to the output: short and long, so that commits begin within sectors and span several. */
function added(number: number): Buffer {
  return Buffer.from(`${number} `.repeat(1 + ((number * 271) % 700)).concat('\n'))
}

function output(commits: number): Buffer {
  return Buffer.concat(Array.from({ length: commits }, (_, index) => added(index + 1)))
}

function machine<Kind extends SimulatedFileSystem>(fileSystem: Kind): Kind {
  fileSystem.mkdirSync(STATE)
  fileSystem.mkdirSync('/out')
  fileSystem.syncAll()
  return fileSystem
}

interface Progress {
  /** Commits that have returned, and those that have begun. */
  committed: number
  begun: number
}

type Writer = Pick<CheckpointWriter, 'write'>

/** A run that goes on from what it finds and commits until it is through. */
function run(fileSystem: SimulatedFileSystem, progress: Progress, makeWriter = writerFor): void {
  const found = readCheckpoint(STATE, fileSystem)?.checkpoint
  const done = found === undefined ? 0 : numberOf(found)
  if (found === undefined) {
    // A fresh start replaces what is there.
    fileSystem.closeSync(fileSystem.openSync(SINK, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC))
  } else {
    for (const sink of found.sinks) cutSink(fileSystem, STATE, sink)
  }
  const descriptor = fileSystem.openSync(SINK, constants.O_WRONLY | constants.O_APPEND)
  const sink = new CommittedSink(SINK, fileSystem)
  const writer = makeWriter(fileSystem)
  let length = output(done).length
  for (let number = done + 1; number <= COMMITS; number++) {
    const bytes = added(number)
    for (let at = 0; at < bytes.length; at += 300) {
      length += fileSystem.writeSync(descriptor, bytes, at, Math.min(300, bytes.length - at))
    }
    progress.begun = number
    sink.sync()
    writer.write(checkpoint(number, { sinks: [{ name: 'end', file: sink.describe(length) }] }))
    progress.committed = number
  }
  fileSystem.closeSync(descriptor)
  sink.close()
}

function writerFor(fileSystem: SimulatedFileSystem): Writer {
  return new CheckpointWriter(STATE, fileSystem)
}

/** The old checkpoint or the new one, and all the bytes that it speaks of. */
function examine(after: SimulatedFileSystem, progress: Progress): void {
  const stored = readCheckpoint(STATE, after)
  assert.equal(stored?.warning, undefined)
  const number = stored === undefined ? 0 : numberOf(stored.checkpoint)
  assert.ok(number === progress.committed || number === progress.begun, `${number} after ${JSON.stringify(progress)}`)
  if (stored !== undefined) assertCutsTo(after, stored.checkpoint, output(number))
}

function assertCutsTo(after: SimulatedFileSystem, { sinks }: Checkpoint, expected: Buffer): void {
  for (const sink of sinks) {
    const check = checkSink(after, sink)
    assert.ok(check.matches, check.matches ? '' : String(check.error))
    cutSink(after, STATE, sink)
    assert.deepEqual(after.bytesOf(SINK), expected)
  }
}

function crashAtEveryCall(fileSystem: SimulatedFileSystem, seeds: number, makeWriter = writerFor): number {
  const progress = { committed: 0, begun: 0 }
  let calls = 0
  const crash = (): undefined => {
    calls++
    for (let seed = 0; seed < seeds; seed++) examine(fileSystem.crash(calls * seeds + seed), progress)
  }
  fileSystem.intercept = crash
  run(fileSystem, progress, makeWriter)
  crash()
  return calls
}

describe('a power failure', () => {
  test('at any call leaves the old or the new checkpoint, and the output that it speaks of [E2]', () => {
    const calls = crashAtEveryCall(machine(new SimulatedFileSystem()), 60)
    assert.ok(calls > 60, String(calls))
  })

  test('again and again, also while the run starts again, costs no byte and adds none [E11]', () => {
    let failures = 0
    for (let seed = 0; seed < RUNS; seed++) {
      const random = seededRandom(seed)
      let fileSystem = machine(new SimulatedFileSystem())
      const progress = { committed: 0, begun: 0 }
      for (let isThrough = false; !isThrough; ) {
        let callsLeft = Math.floor(random() * 90)
        let after: SimulatedFileSystem | undefined
        // What the run does to tidy up after its failure is done to a machine that is off.
        const failing = fileSystem
        failing.intercept = () => {
          if (callsLeft-- !== 0) return undefined
          after = failing.crash(Math.floor(random() * 2 ** 32))
          throw new Error('the power failed')
        }
        try {
          run(fileSystem, progress)
          isThrough = true
        } catch (error) {
          if (after === undefined) throw error
          failures++
          fileSystem = after
          examineAgain(fileSystem, progress)
        }
      }
      assert.deepEqual(fileSystem.bytesOf(SINK), output(COMMITS))
    }
    assert.ok(failures > RUNS, String(failures))
  })

  test('while a checkpoint is forgotten leaves it or none, never the one before it', () => {
    const fileSystem = machine(new SimulatedFileSystem())
    const writer = new CheckpointWriter(STATE, fileSystem)
    for (let number = 1; number <= 3; number++) writer.write(checkpoint(number))
    const found = new Set<number | undefined>()
    const crash = (): undefined => {
      for (let seed = 0; seed < 100; seed++) {
        const stored = readCheckpoint(STATE, fileSystem.crash(seed))
        assert.equal(stored?.warning, undefined)
        found.add(stored && numberOf(stored.checkpoint))
      }
    }
    fileSystem.intercept = crash
    writer.forget()
    assert.deepEqual(found, new Set([3, undefined]))

    found.clear()
    crash()
    assert.deepEqual(found, new Set([undefined]))
  })

  test('and a call that fails are two things: after an error the next run goes on, whichever call it was [F4]', () => {
    for (const error of ['EIO', 'ENOSPC'] as const) {
      for (let call = 0; ; call++) {
        const fileSystem = machine(new SimulatedFileSystem())
        const progress = { committed: 0, begun: 0 }
        let callsLeft = call
        fileSystem.intercept = () => (callsLeft-- === 0 ? { error } : undefined)
        const failure = caught(() => run(fileSystem, progress))
        if (callsLeft >= 0) {
          assert.equal(failure, undefined)
          assert.ok(call > 60, String(call))
          break
        }
        fileSystem.intercept = () => undefined
        for (let seed = 0; seed < 20; seed++) examine(fileSystem.crash(seed), progress)
        run(fileSystem, progress)
        assert.deepEqual(fileSystem.bytesOf(SINK), output(COMMITS))
        assert.equal(fileSystem.bytesOf('/state/checkpoint.tmp'), undefined)
      }
    }
  })

  test('that takes synced bytes too is said, and the checkpoint before it holds [F8]', () => {
    const fileSystem = machine(new SimulatedFileSystem())
    run(fileSystem, { committed: 0, begun: 0 })
    const bytes = fileSystem.bytesOf('/state/checkpoint')!
    for (let sector = 0; sector < bytes.length; sector += 512) {
      const after = fileSystem.crash(sector)
      after.put('/state/checkpoint', Buffer.from(bytes).fill(0, sector, Math.min(sector + 512, bytes.length)))
      const stored = readCheckpoint(STATE, after)
      assert.match(stored?.warning ?? '', /is damaged/)
      assert.equal(numberOf(stored!.checkpoint), COMMITS - 1)
      assertCutsTo(after, stored!.checkpoint, output(COMMITS - 1))
    }
  })
})

describe('a committer that is wrong is caught:', () => {
  test('one that does not sync the output', () => {
    class Careless extends SimulatedFileSystem {
      override fdatasyncSync(): void {}
    }
    assert.throws(() => crashAtEveryCall(machine(new Careless()), 60), assert.AssertionError)
  })

  test('one that does not sync the checkpoint', () => {
    assert.throws(() => crashAtEveryCall(machine(new NoSync(false)), 60), /damaged/)
  })

  test('one that does not sync the folders', () => {
    assert.throws(() => crashAtEveryCall(machine(new NoSync(true)), 60), assert.AssertionError)
  })

  test('one that gives the checkpoint its name before it syncs it', () => {
    const hasty = (fileSystem: SimulatedFileSystem): Writer => ({
      write(next) {
        const descriptor = fileSystem.openSync('/state/tmp', constants.O_WRONLY | constants.O_CREAT)
        const bytes = encodeCheckpoint(next)
        fileSystem.writeSync(descriptor, bytes, 0, bytes.length)
        fileSystem.renameSync('/state/tmp', '/state/checkpoint')
        fileSystem.fsyncSync(descriptor)
        const folder = fileSystem.openSync(STATE, constants.O_RDONLY)
        fileSystem.fsyncSync(folder)
      }
    })
    assert.throws(() => crashAtEveryCall(machine(new SimulatedFileSystem()), 60, hasty), /damaged/)
  })

  test('one that writes the checkpoint in its place', () => {
    const inPlace = (fileSystem: SimulatedFileSystem): Writer => ({
      write(next) {
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC
        const descriptor = fileSystem.openSync('/state/checkpoint', flags)
        const bytes = encodeCheckpoint(next)
        fileSystem.writeSync(descriptor, bytes, 0, bytes.length)
        fileSystem.fsyncSync(descriptor)
        const folder = fileSystem.openSync(STATE, constants.O_RDONLY)
        fileSystem.fsyncSync(folder)
      }
    })
    assert.throws(() => crashAtEveryCall(machine(new SimulatedFileSystem()), 60, inPlace), /damaged/)
  })
})

function caught(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

class NoSync extends SimulatedFileSystem {
  readonly #isForFolders: boolean

  constructor(isForFolders: boolean) {
    super()
    this.#isForFolders = isForFolders
  }

  override fsyncSync(descriptor: number): void {
    if (this.fstatSync(descriptor).isDirectory() !== this.#isForFolders) super.fsyncSync(descriptor)
  }
}

/** What a run has found at its start is what it goes on from: another crash may not go behind it. */
function examineAgain(after: SimulatedFileSystem, progress: Progress): void {
  examine(after, progress)
  const stored = readCheckpoint(STATE, after)
  progress.committed = progress.begun = stored === undefined ? 0 : numberOf(stored.checkpoint)
}
