// A state folder as a run leaves it that was cut off, with its input and output, for the tests of this room.

import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { nodeFileSystem } from '../../base/file-system.ts'
import type { Checkpoint } from '../../state/checkpoint/checkpoint.ts'
import { checkpoint } from '../../state/checkpoint/checkpoint-fixtures.ts'
import { CommittedSink } from '../../state/checkpoint/committed-sink.ts'
import { describeInputFile } from '../../state/checkpoint/input-file.ts'
import { CheckpointWriter } from '../../state/checkpoint/writer.ts'
import { discardLetters } from '../../state/dead-letter-log/discard.ts'
import { letters } from '../../state/dead-letter-log/log-fixtures.ts'
import { readDeadLetters } from '../../state/dead-letter-log/reader.ts'
import { DeadLetterLog } from '../../state/dead-letter-log/writer.ts'
import { temporaryFolder } from '../../state/state-fixtures.ts'
import { openStateFolder } from '../../state/state-folder.ts'

export const NOW = Date.UTC(2030, 0, 1)
const LINE = 'a line of the input\n'
export const INPUT = LINE.repeat(100)
export const OFFSET = LINE.length * 60
/** Committed; what is behind it in the file is not. */
export const OUTPUT = LINE.toUpperCase().repeat(60)

export interface LeftState {
  readonly folder: string
  readonly input: string
  readonly output: string
  readonly checkpoint: Checkpoint
}

/** Five letters in three files, one of them discarded; two checkpoints; ten lines of output that are not committed. */
export function leaveState(t: TestContext, changes: Partial<Checkpoint> = {}): LeftState {
  const place = temporaryFolder(t)
  const folder = join(place, 'state')
  openStateFolder(folder)
  const input = join(place, 'in.log')
  const output = join(place, 'out.log')
  writeFileSync(input, INPUT)
  writeFileSync(output, OUTPUT + LINE.toUpperCase().repeat(10))

  const log = new DeadLetterLog(folder, nodeFileSystem, { segmentBytes: 550 })
  log.append(letters(5))
  const deadLetters = log.position
  log.close()
  for (const entry of readDeadLetters(folder))
    if (entry.kind === 'letter' && entry.sequence === 1) discardLetters(folder, [entry])

  const descriptor = openSync(input, 'r')
  const file = describeInputFile(nodeFileSystem, { path: input, descriptor, offset: OFFSET, isCompressed: false })
  closeSync(descriptor)
  const sink = new CommittedSink(output)
  const left = checkpoint(2, {
    inputs: [{ sourceNumber: 0, name: 'in.log', offset: OFFSET, lineNumber: 60, isFinished: false, file }],
    sinks: [{ name: 'end', file: sink.describe(OUTPUT.length) }, { name: 'screen' }],
    deadLetters,
    ...changes
  })
  sink.close()
  const writer = new CheckpointWriter(folder)
  writer.write({ ...left, atMilliseconds: left.atMilliseconds - 50 })
  writer.write(left)
  return { folder, input, output, checkpoint: left }
}
