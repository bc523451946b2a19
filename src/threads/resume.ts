// Fresh, or on from the checkpoint? Decided before anything is touched, and said in one sentence.

import { nodeFileSystem } from '../base/file-system.ts'
import { quote } from '../base/quote.ts'
import { UserError } from '../base/user-error.ts'
import type { Plan } from '../engine/index.ts'
import type { InputPosition } from '../sdk/source.ts'
import type { Checkpoint, InputCheckpoint, SinkCheckpoint } from '../state/checkpoint/checkpoint.ts'
import { checkInput } from '../state/checkpoint/input-file.ts'
import { readCheckpoint } from '../state/checkpoint/reader.ts'
import { checkSink, cutSink, cutUnfinishedLine, UNCOMMITTED_BYTES } from '../state/checkpoint/sink-file.ts'
import { CheckpointWriter } from '../state/checkpoint/writer.ts'
import { DeadLetterLog } from '../state/dead-letter-log/writer.ts'

/** A run writes so much without a commit at most, and one batch may be a long one. */
const ASKED_BYTES = 2 * UNCOMMITTED_BYTES

/** What the user asked for; `auto` goes on with a run that was cut off. */
export type ResumeWish = 'auto' | 'resume' | 'fresh'

export type RunBeginning =
  | { readonly kind: 'fresh'; readonly note: string | undefined }
  | { readonly kind: 'resume'; readonly checkpoint: Checkpoint; readonly note: string }
  /** It was asked to go on with, and there is nothing left to do. */
  | { readonly kind: 'nothing'; readonly note: string }

/** Throws a UserError that names the ways out when the checkpoint does not fit what is there now. */
export function decideBeginning(stateFolder: string, plan: Plan, wish: ResumeWish): RunBeginning {
  if (wish === 'fresh') return { kind: 'fresh', note: undefined }
  const stored = readCheckpoint(stateFolder)
  if (stored === undefined) {
    const note =
      wish === 'resume' ? 'There is no checkpoint to go on from: this run starts from the beginning.' : undefined
    return { kind: 'fresh', note }
  }
  const { checkpoint, warning } = stored
  if (checkpoint.isComplete) {
    if (wish === 'resume') {
      return {
        kind: 'nothing',
        note: 'Nothing to go on with: the last run read its input to the end. Leave out --resume to run it again.'
      }
    }
    return { kind: 'fresh', note: 'The last run read its input to the end: this one starts from the beginning.' }
  }
  requireSamePipeline(checkpoint, plan, wish)
  requireSameFiles(checkpoint, plan, wish)
  return {
    kind: 'resume',
    checkpoint,
    note: [...(warning === undefined ? [] : [warning]), describe(checkpoint)].join('\n')
  }
}

/** A fresh start on finite files writes everything anew; what comes from elsewhere may be all that there is of it. */
export function replacesOutputs({ source }: Plan): boolean {
  return source.readBy === 'lane' && !source.isEndless
}

/** Before the lane opens its outputs. A fresh start has no checkpoint until its first commit. */
export function prepareFiles(
  stateFolder: string,
  checkpoint: Checkpoint | undefined,
  say: (message: string) => void
): void {
  if (checkpoint === undefined) {
    new CheckpointWriter(stateFolder).forget()
    return
  }
  for (const sink of checkpoint.sinks) {
    const { cutBytes, savedAs, movedTo, isGone } = cutSink(nodeFileSystem, stateFolder, sink)
    if (movedTo !== undefined) {
      say(`The output ${quote(sink.name)} was renamed to ${movedTo}. It goes on in a new file at ${sink.file!.path}.`)
    } else if (isGone === true) {
      say(`The output ${quote(sink.name)} was renamed or deleted. It goes on in a new file at ${sink.file!.path}.`)
    }
    if (savedAs !== undefined) {
      say(
        `The output ${quote(sink.name)} had ${cutBytes} bytes behind the checkpoint. They were cut off and kept in ${savedAs}.`
      )
    }
  }
  const letters = new DeadLetterLog(stateFolder)
  letters.cutTo(checkpoint.deadLetters)
  letters.close()
}

export function inputPositions(inputs: readonly InputCheckpoint[]): InputPosition[] {
  return inputs.map(({ sourceNumber, name, offset, lineNumber, isFinished, file }) => ({
    sourceNumber,
    name,
    path: file?.path,
    stored: file && { device: file.device, inode: file.inode, isCompressed: file.isCompressed },
    head: file?.head,
    offset,
    lineNumber,
    isFinished
  }))
}

/**
 * As `prepareFiles`, for a run whose lines nobody can read again (stdin): what its predecessor had written behind its
 * last checkpoint stays, and so do its dead letters. They are in no count.
 */
export function keepWhatIsWritten(checkpoint: Checkpoint, say: (message: string) => void): void {
  for (const sink of checkpoint.sinks) {
    const { keptBytes } = cutUnfinishedLine(nodeFileSystem, sink)
    if (keptBytes > 0) {
      say(`The output ${quote(sink.name)} had ${keptBytes} bytes behind the checkpoint. They stay, in no count.`)
    }
  }
}

function requireSamePipeline({ configHash, atMilliseconds }: Checkpoint, plan: Plan, wish: ResumeWish): void {
  if (configHash === plan.configHash || wish === 'resume') return
  throw new UserError(
    `The pipeline has changed since the run of ${new Date(atMilliseconds).toISOString()}, which was cut off before the end of its input.`,
    { hint: 'Go on where it was with the changed pipeline: --resume. Start over: --fresh.' }
  )
}

/** A source that follows files, or takes them from a folder, finds out by itself what has become of them. */
function requireSameFiles(checkpoint: Checkpoint, plan: Plan, wish: ResumeWish): void {
  if (!plan.source.isEndless) {
    for (const input of checkpoint.inputs) {
      if (input.isFinished) continue
      const check = checkInput(nodeFileSystem, input)
      if (!check.matches) throw check.error
    }
  }
  for (const sink of checkpoint.sinks) {
    const check = checkSink(nodeFileSystem, sink)
    if (!check.matches) throw check.error
    const behind = check.sizeBytes - (sink.file?.length ?? check.sizeBytes)
    if (behind > ASKED_BYTES && wish !== 'resume') throw tooOld(sink, behind)
  }
}

function tooOld({ name, file }: SinkCheckpoint, behindBytes: number): UserError {
  return new UserError(
    `The checkpoint is older than the output ${quote(name)}: ${file!.path} has ${behindBytes} bytes behind it, more than a run leaves behind that was cut off. Was the state folder restored from an older copy?`,
    {
      hint: 'Go on from it all the same: --resume; what is cut off the output is kept in the state folder. Start over: --fresh.'
    }
  )
}

function describe({ atMilliseconds, inputs }: Checkpoint): string {
  const current = inputs.findLast(input => !input.isFinished) ?? inputs.at(-1)
  const where =
    current === undefined ? 'before the first line' : `after line ${current.lineNumber} of ${quote(current.name)}`
  return `Going on from the checkpoint of ${new Date(atMilliseconds).toISOString()}, ${where}. --fresh starts over.`
}
