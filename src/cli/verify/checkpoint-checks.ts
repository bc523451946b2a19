// Which checkpoint would the next start go on from, and what is wrong with those that are there?

import { statSync } from 'node:fs'

import { nodeFileSystem } from '../../base/file-system.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import type { Checkpoint } from '../../state/checkpoint/checkpoint.ts'
import { CHECKPOINT_VERSION, type Decoded } from '../../state/checkpoint/encoding.ts'
import { checkpointFiles, readCheckpointFile } from '../../state/checkpoint/files.ts'
import type { Check } from '../checks/check.ts'
import { shownPath } from '../checks/state-folders.ts'
import { formatNumberOf } from '../numbers.ts'

export interface CheckpointChecks {
  readonly checks: readonly Check[]
  /** The one that the next start would go on from. */
  readonly used: Checkpoint | undefined
}

type Found = Decoded | { readonly kind: 'none' } | { readonly kind: 'unreadable'; readonly reason: string }

const REFUSED = 'The next start is refused'
const START_OVER = 'To start over without it: --fresh.'

export function checkCheckpoints(stateFolder: string): CheckpointChecks {
  const files = checkpointFiles(stateFolder)
  const current = find(files.current)
  const previous = find(files.previous)
  const checks: Check[] = []

  if (current.kind === 'whole') checks.push(describe('checkpoint', files.current, current.checkpoint))
  else if (current.kind === 'none' && previous.kind === 'none') {
    const text = 'There is none: this run has committed nothing.'
    return {
      checks: [{ level: 'note', name: 'checkpoint', text, advice: 'The next start is a fresh one.' }],
      used: undefined
    }
  } else checks.push(fault('checkpoint', files.current, current, insteadOfCurrent(current, previous)))

  if (previous.kind === 'whole' && current.kind !== 'whole') {
    checks.push(describe('checkpoint before', files.previous, previous.checkpoint))
  } else if (previous.kind !== 'whole' && previous.kind !== 'none') {
    const advice =
      current.kind === 'whole'
        ? 'The next start does not need it, and the next commit replaces it.'
        : `${REFUSED}. ${START_OVER}`
    checks.push(fault('checkpoint before', files.previous, previous, advice))
  }
  const used =
    current.kind === 'whole'
      ? current.checkpoint
      : previous.kind === 'whole' && (current.kind === 'damaged' || current.kind === 'none')
        ? previous.checkpoint
        : undefined
  return { checks, used }
}

function find(path: string): Found {
  try {
    return readCheckpointFile(nodeFileSystem, path) ?? { kind: 'none' }
  } catch (cause) {
    // What is under its checksum and still is no checkpoint was not written by us.
    if (systemErrorCode(cause) === undefined) return { kind: 'damaged', reason: 'is no checkpoint' }
    return { kind: 'unreadable', reason: systemErrorReason(cause) }
  }
}

function insteadOfCurrent(current: Found, previous: Found): string {
  if (current.kind === 'newer') return `${REFUSED}. Go on with the newer Linescope. ${START_OVER}`
  if (current.kind === 'unreadable') return `${REFUSED}. Make it readable. ${START_OVER}`
  if (previous.kind !== 'whole') return `${REFUSED}: there is no whole one before it. ${START_OVER}`
  const time = timeOf(previous.checkpoint)
  return `The next start goes on from the one before it, of ${time}: outputs are cut back a little further, and a little more is read again. Nothing is lost.`
}

function fault(name: string, path: string, found: Found, advice: string): Check {
  const file = shownPath(path)
  switch (found.kind) {
    case 'damaged': {
      // One checksum is over all of it.
      const { size } = statSync(path)
      const text = `${file} (${formatNumberOf(size, 'byte')}) is damaged: it ${found.reason}.`
      return { level: 'damage', name, text, advice, facts: { file: path, byte: 0, end_byte: size } }
    }
    case 'newer': {
      const text = `${file} was written by a newer Linescope: it has version ${found.version}, this one knows ${CHECKPOINT_VERSION}.`
      return { level: 'damage', name, text, advice, facts: { file: path, byte: 0, version: found.version } }
    }
    case 'unreadable':
      return { level: 'damage', name, text: `${file} cannot be read: ${found.reason}.`, advice, facts: { file: path } }
    default:
      return { level: 'damage', name, text: `${file} is gone.`, advice, facts: { file: path } }
  }
}

function describe(name: string, path: string, checkpoint: Checkpoint): Check {
  const { isComplete, configHash } = checkpoint
  const at = timeOf(checkpoint)
  return {
    level: 'ok',
    name,
    text: `Of ${at}, ${isComplete ? 'of a run that read its input to the end' : 'of a run that has not come to its end'}.`,
    advice: isComplete ? 'The next start is a fresh one.' : 'The next start goes on from it.',
    facts: { file: path, at, is_complete: isComplete, config_hash: configHash }
  }
}

function timeOf({ atMilliseconds }: Checkpoint): string {
  return new Date(atMilliseconds).toISOString()
}
