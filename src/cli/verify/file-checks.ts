// Are the inputs and outputs of a checkpoint still what it says, and what would the next start do with them?

import { nodeFileSystem } from '../../base/file-system.ts'
import type { Checkpoint, InputCheckpoint, SinkCheckpoint } from '../../state/checkpoint/checkpoint.ts'
import type { FileCheck } from '../../state/checkpoint/compare.ts'
import { checkInput } from '../../state/checkpoint/input-file.ts'
import { checkSink, UNCOMMITTED_BYTES } from '../../state/checkpoint/sink-file.ts'
import type { Check } from '../checks/check.ts'
import { formatBytes, formatCount } from '../numbers.ts'

type Mismatch = Extract<FileCheck, { matches: false }>

const FRESH = 'The next start is a fresh one and does not need it.'

/** `isEndless` is true for a source that finds out by itself what became of its files; undefined when nobody knows. */
export function checkInputs(checkpoint: Checkpoint, isEndless: boolean | undefined): Check[] {
  return checkpoint.inputs.map(input => inputCheck(input, checkpoint.isComplete, isEndless))
}

export function checkOutputs(checkpoint: Checkpoint): Check[] {
  return checkpoint.sinks.map(sink => outputCheck(sink, checkpoint.isComplete))
}

function inputCheck(input: InputCheckpoint, isComplete: boolean, isEndless: boolean | undefined): Check {
  const { name, offset, lineNumber, isFinished, file } = input
  const title = `input ${name}`
  const place = `byte ${formatCount(offset)} (line ${formatCount(lineNumber)})`
  const facts = {
    input: name,
    file: file?.path ?? null,
    byte: file?.storedOffset ?? offset,
    offset,
    line_number: lineNumber,
    is_finished: isFinished
  }
  if (file === undefined) {
    const advice = isComplete || isFinished ? undefined : 'It is no file: what it held before cannot be read again.'
    return { level: 'ok', name: title, text: `Settled up to ${place}.`, advice, facts }
  }
  const found = compared(() => checkInput(nodeFileSystem, input))
  if (!('matches' in found)) return unreadable(title, found, facts)
  if (found.matches) {
    const size = found.sizeBytes
    const unit = file.isCompressed ? `${place} of its text` : place
    const rest = file.isCompressed || size === offset ? '' : `; ${formatBytes(size - offset)} follow`
    return {
      level: 'ok',
      name: title,
      text: isFinished ? `Read to its end, ${unit}${rest}.` : `Settled up to ${unit}${rest}.`,
      facts: { ...facts, size_bytes: size }
    }
  }
  const text = sentenceOf(found)
  // It may have been moved away or written on: that is what the owners of logs do.
  if (isComplete) return { level: 'note', name: title, text, advice: FRESH, facts }
  if (isFinished) {
    return { level: 'note', name: title, text, advice: 'It was read to its end and is not needed any more.', facts }
  }
  const told = { name: title, text, facts: { ...facts, difference: found.difference } }
  if (isEndless === true) {
    return {
      ...told,
      level: 'note',
      advice: 'The next start looks for the file itself, where it may have been moved to.'
    }
  }
  const unless = isEndless === undefined ? ', unless its source follows its files' : ''
  return { ...told, level: 'damage', advice: `The next start is refused${unless}. ${found.error.hint}` }
}

function outputCheck(sink: SinkCheckpoint, isComplete: boolean): Check {
  const { name, file } = sink
  const title = `output ${name}`
  if (file === undefined) {
    const advice = isComplete ? undefined : 'After the next start lines since the checkpoint come to it a second time.'
    return {
      level: 'ok',
      name: title,
      text: 'No file that could be cut back.',
      advice,
      facts: { output: name, file: null }
    }
  }
  const facts = { output: name, file: file.path, byte: file.length }
  const found = compared(() => checkSink(nodeFileSystem, sink))
  if (!('matches' in found)) return unreadable(title, found, facts)
  if (!found.matches) {
    const isTakenAway = found.difference === 'missing' || found.difference === 'replaced'
    const level = isComplete && isTakenAway ? 'note' : 'damage'
    const advice = isComplete
      ? 'The next start is a fresh one. What the run wrote is not there any more as it was.'
      : `The next start is refused. ${found.error.hint}`
    return { level, name: title, text: sentenceOf(found), advice, facts: { ...facts, difference: found.difference } }
  }
  // A file that is gone and had nothing in it counts as empty.
  const behind = Math.max(0, found.sizeBytes - file.length)
  const held = `${formatCount(file.length)} bytes as committed`
  const more = { ...facts, size_bytes: found.sizeBytes, uncommitted_bytes: behind }
  if (behind === 0) return { level: 'ok', name: title, text: `${held}, and nothing behind them.`, facts: more }
  const text = `${held}, and ${formatCount(behind)} bytes behind them.`
  if (isComplete) return { level: 'note', name: title, text, advice: 'Somebody has added them since.', facts: more }
  const saved = behind > UNCOMMITTED_BYTES ? ', and saved in the folder cut, because they are so many' : ''
  const advice = `Not committed: the next start cuts them off${saved}, and writes them again.`
  return { level: 'note', name: title, text, advice, facts: more }
}

function sentenceOf({ error }: Mismatch): string {
  const what = error.message.replace(/^Cannot go on from the checkpoint: /, '')
  return what.charAt(0).toUpperCase() + what.slice(1)
}

/** An error of reading is a finding, too. */
function compared(compare: () => FileCheck): FileCheck | Error {
  try {
    return compare()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function unreadable(name: string, { message }: Error, facts: Check['facts']): Check {
  const advice = 'The next start is refused until it can be read.'
  return { level: 'damage', name, text: `It cannot be compared: ${message}.`, advice, facts }
}
