// The committer beside a lane that goes on writing, on a disk that loses what was not synced when the power fails.

import assert from 'node:assert/strict'
import { constants } from 'node:fs'
import { test } from 'node:test'

import { type Random, seededRandom } from '../base/simulated-disk-fixtures.ts'
import { SimulatedFileSystem } from '../base/simulated-file-system-fixtures.ts'
import { createRegion, LANE, NODE, NODE_OFFSET, NODE_STRIDE, SnapshotWriter } from '../shared-memory/index.ts'
import { readCheckpoint } from '../state/checkpoint/reader.ts'
import { cutSink } from '../state/checkpoint/sink-file.ts'
import { letter, readLog } from '../state/dead-letter-log/log-fixtures.ts'
import { DeadLetterLog } from '../state/dead-letter-log/writer.ts'
import { simplePlan } from '../testing/simple-plan.ts'
import { Committer } from './committer.ts'
import { InputPositions } from './input-positions.ts'

const RUNS = process.env['LINESCOPE_LONG'] === '1' ? 10_000 : 200
const COMMITS = 4
const STATE = '/state'
const INPUT = '/in.log'
const OUTPUT = '/out/end.log'
const PLAN = simplePlan({ step: { use: (line: string) => line, to: 'end' } })

/** Line n of the input; every seventh becomes a dead letter, the others go to the output. */
const lineOf = (number: number): string => `line ${number} ${'x'.repeat((number * 37) % 300)}\n`
const isDead = (number: number): boolean => number % 7 === 3
const LINES = 400

function textOf(lines: number, isWanted: (number: number) => boolean): Buffer {
  const numbers = Array.from({ length: lines }, (_, number) => number)
  return Buffer.from(numbers.filter(isWanted).map(lineOf).join(''))
}

/** What a lane does, without one: writes, and publishes what it has written. */
class ActingLane {
  lines = 0
  readonly #fileSystem: SimulatedFileSystem
  readonly #snapshot: SnapshotWriter
  readonly #letters: DeadLetterLog
  readonly #output: number
  #offset = 0
  #length = 0

  constructor(fileSystem: SimulatedFileSystem, snapshot: SnapshotWriter) {
    this.#fileSystem = fileSystem
    this.#snapshot = snapshot
    this.#letters = new DeadLetterLog(STATE, fileSystem)
    this.#output = fileSystem.openSync(OUTPUT, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT)
    this.#publish()
  }

  get letters() {
    return { position: this.#letters.position, length: this.#letters.length }
  }

  work(count: number): void {
    for (let left = count; left > 0 && this.lines < LINES; left--) {
      const number = this.lines++
      const bytes = Buffer.from(lineOf(number))
      if (isDead(number)) this.#letters.append([letter(number)])
      else this.#length += this.#fileSystem.writeSync(this.#output, bytes, 0, bytes.length)
      this.#offset += bytes.length
    }
    this.#publish()
  }

  #publish(): void {
    const { values } = this.#snapshot
    values[LANE.settled_batches]++
    values[LANE.settled_lines] = this.lines
    values[LANE.input_turn] = 1
    values[LANE.source_offset] = this.#offset
    values[LANE.source_line] = this.lines
    values[LANE.dead_letter_bytes] = this.#letters.length
    values[NODE_OFFSET + NODE_STRIDE + NODE.sink_length] = this.#length
    this.#snapshot.publish(0)
  }
}

function machine(fileSystem: SimulatedFileSystem): SimulatedFileSystem {
  fileSystem.mkdirSync(STATE)
  fileSystem.mkdirSync('/out')
  fileSystem.put(
    INPUT,
    textOf(LINES, () => true)
  )
  fileSystem.syncAll()
  return fileSystem
}

/** A checkpoint speaks of nothing that is not on the disk; what is cut back to it has each line once. */
function examine(after: SimulatedFileSystem, committedLines: number): number | undefined {
  const stored = readCheckpoint(STATE, after)
  assert.equal(stored?.warning, undefined)
  if (stored === undefined) {
    assert.equal(committedLines, -1, 'a checkpoint is gone')
    return undefined
  }
  const { inputs, sinks, deadLetters } = stored.checkpoint
  const lines = inputs[0]?.lineNumber ?? 0
  assert.ok(lines >= committedLines, `${lines} lines, and ${committedLines} had been committed`)
  assert.equal(inputs[0]?.offset ?? 0, textOf(lines, () => true).length)
  cutSink(after, STATE, sinks[0])
  assert.deepEqual(
    after.bytesOf(OUTPUT),
    textOf(lines, number => !isDead(number))
  )
  const log = new DeadLetterLog(STATE, after)
  log.cutTo(deadLetters)
  const { letters, damage } = readLog(STATE, {}, after)
  assert.deepEqual(damage, [])
  const dead = Array.from({ length: lines }, (_, number) => number).filter(isDead)
  assert.deepEqual(
    letters.map(({ id }) => id),
    dead.map(number => letter(number).id)
  )
  return lines
}

/** A run of some commits, with the lane at work and power failures at any call in between. */
async function runWithFailures(fileSystem: SimulatedFileSystem, random: Random): Promise<number> {
  const region = createRegion({
    processorCount: 1,
    sinkCount: 1,
    edgeCount: 1,
    trace: false,
    chunkSlots: 0,
    chunkSlotBytes: 0
  })
  const lane = new ActingLane(fileSystem, new SnapshotWriter(region))
  const positions = new InputPositions([])
  const { ino, dev } = fileSystem.statSync(INPUT)
  const stored = { device: String(dev), inode: String(ino), isCompressed: false }
  positions.began({
    turn: 1,
    sourceNumber: 0,
    name: 'in.log',
    file: INPUT,
    stored,
    start: { offset: 0, lineNumber: 0 }
  })
  let committedLines = -1
  let isBusy = false
  let failures = 0
  fileSystem.intercept = () => {
    if (isBusy) return undefined
    isBusy = true
    if (random() < 0.3) lane.work(1 + Math.floor(random() * 6))
    if (random() < 0.3) {
      failures++
      examine(fileSystem.crash(Math.floor(random() * 2 ** 32)), committedLines)
    }
    isBusy = false
    return undefined
  }
  const committer = new Committer({
    plan: PLAN,
    region,
    stateFolder: STATE,
    positions,
    sinkFiles: [OUTPUT],
    letters: lane.letters,
    resumed: undefined,
    replaysOnly: false,
    syncReplays: () => undefined,
    stated: () => undefined,
    onCommitted: () => {
      isBusy = true
      committedLines = readCheckpoint(STATE, fileSystem)!.checkpoint.inputs[0]?.lineNumber ?? 0
      isBusy = false
    },
    onWaiting: () => undefined,
    onReplaced: () => assert.fail('nobody has replaced a file'),
    log: message => assert.fail(message),
    onFailure: failure => assert.fail(failure),
    fileSystem
  })
  try {
    for (let commit = 0; commit < COMMITS; commit++) {
      isBusy = true
      lane.work(10)
      isBusy = false
      await committer.finish(false, () => false)
    }
  } finally {
    committer.close()
  }
  return failures
}

test('no checkpoint is ever ahead of its data, whatever the lane does meanwhile and whenever the power fails [E2]', async () => {
  let failures = 0
  for (let seed = 1; seed <= RUNS; seed++) {
    try {
      failures += await runWithFailures(machine(new SimulatedFileSystem()), seededRandom(seed))
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
    }
  }
  assert.ok(failures > RUNS * 10, String(failures))
})

/** Syncs the data only after the checkpoint has its name. */
class WrongOrder extends SimulatedFileSystem {
  #waiting: number[] = []

  override fdatasyncSync(descriptor: number): void {
    this.#waiting.push(descriptor)
  }

  override fsyncSync(descriptor: number): void {
    super.fsyncSync(descriptor)
    if (this.bytesOf('/state/checkpoint.tmp') !== undefined) return
    for (const waiting of this.#waiting.splice(0)) super.fdatasyncSync(waiting)
  }
}

test('a commit in the wrong order is noticed', async () => {
  let caught = 0
  for (let seed = 1; seed <= 20; seed++) {
    await runWithFailures(machine(new WrongOrder()), seededRandom(seed)).catch((error: unknown) => {
      assert.match(String(error), /shorter|damaged or too short|ha(s|ve) changed|differ|deep-equal/i)
      caught++
    })
  }
  assert.ok(caught > 10, `${caught} of 20`)
})

test('a commit that syncs no output is noticed', async () => {
  class Careless extends SimulatedFileSystem {
    override fdatasyncSync(): void {}
  }
  await assert.rejects(async () => {
    for (let seed = 1; seed <= 50; seed++) await runWithFailures(machine(new Careless()), seededRandom(seed))
  })
})
