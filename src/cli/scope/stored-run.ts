// What the state folder tells of a run that no process answers for: the counters of its last checkpoint. They are those of
// settled lines, so none is in flight.

import { UserError } from '../../base/user-error.ts'
import type { Ledger } from '../../contract/ledger.ts'
import type { Checkpoint, CounterGroup } from '../../state/checkpoint/checkpoint.ts'
import { readCheckpoint } from '../../state/checkpoint/reader.ts'
import { readStart } from '../../state/started-with.ts'
import { shownPath } from '../checks/state-folders.ts'
import type { ProcessorNumbers, RunNumbers, SinkNumbers } from '../ledger-text.ts'
import { printError, safe } from '../output.ts'
import type { StoredRun } from './find-run.ts'
import { Unreachable } from './unreachable.ts'

export interface StoredStats extends RunNumbers {
  readonly from: 'checkpoint'
  readonly state_folder: string
  readonly pipeline: string | null
  /** When the checkpoint was made. */
  readonly at: string
  /** Finite input was read to its end. */
  readonly is_complete: boolean
  readonly total_lines_processed: number
  readonly total_processing_time: number
  readonly total_errors: number
  readonly ledger: Ledger
  readonly inputs: readonly { readonly file: string; readonly offset: number; readonly line_number: number }[]
}

/** Of several folders the one that was committed last. Throws `Unreachable` when none has a checkpoint. */
export function newestStored({ folders, reason, hint }: StoredRun): { folder: string; checkpoint: Checkpoint } {
  const found = folders.flatMap(folder => {
    const checkpoint = checkpointIn(folder)
    return checkpoint === undefined ? [] : [{ folder, checkpoint }]
  })
  const [newest] = found.sort((a, b) => b.checkpoint.atMilliseconds - a.checkpoint.atMilliseconds)
  if (newest !== undefined) return newest
  throw new Unreachable(`${reason}, and none has committed anything yet`, { hint })
}

function checkpointIn(folder: string): Checkpoint | undefined {
  try {
    const stored = readCheckpoint(folder)
    if (stored?.warning !== undefined) printError(safe(`warning: ${stored.warning}`))
    return stored?.checkpoint
  } catch (failure) {
    if (!(failure instanceof UserError)) throw failure
    printError(safe(`warning: ${failure.message}`))
    return undefined
  }
}

export function storedStats(folder: string, checkpoint: Checkpoint): StoredStats {
  const groups = checkpoint.lanes.flatMap(lane => lane.counters)
  const lane = countsOf(groups.filter(({ of }) => of === 'lane'))
  const names = [...new Set(groups.filter(({ of }) => of === 'node').map(({ name }) => name))]
  // A node that counted nothing yet is not named in the checkpoint; sinks are.
  const sinkNames = new Set(checkpoint.sinks.map(({ name }) => name))
  const nodes = [...names, ...[...sinkNames].filter(name => !names.includes(name))].map(name => ({
    name,
    count: countsOf(groups.filter(group => group.of === 'node' && group.name === name))
  }))
  const processors = nodes.filter(({ name }) => !sinkNames.has(name)).map(processorOf)
  return {
    from: 'checkpoint',
    state_folder: shownPath(folder),
    pipeline: readStart(folder)?.pipeline ?? null,
    at: new Date(checkpoint.atMilliseconds).toISOString(),
    is_complete: checkpoint.isComplete,
    total_lines_processed: lane('settled_lines'),
    total_processing_time: processors.reduce((sum, processor) => sum + processor.processing_time, 0),
    total_errors: lane('failed_attempts'),
    ledger: ledgerOf(lane),
    processors,
    sinks: nodes.filter(({ name }) => sinkNames.has(name)).map(sinkOf),
    inputs: checkpoint.inputs.map(({ name, offset, lineNumber }) => ({ file: name, offset, line_number: lineNumber }))
  }
}

type Count = (name: string) => number

/** Lanes add up. */
function countsOf(groups: readonly CounterGroup[]): Count {
  return name => groups.reduce((sum, { values }) => sum + (Object.hasOwn(values, name) ? values[name] : 0), 0)
}

function ledgerOf(lane: Count): Ledger {
  const counts = {
    entered: lane('entered'),
    replayed: lane('replayed'),
    forked: lane('forked'),
    delivered: lane('delivered'),
    dropped: lane('dropped'),
    dead: lane('dead'),
    unmatched: lane('unmatched'),
    joined: lane('joined'),
    in_flight: lane('in_flight')
  }
  const came = counts.entered + counts.replayed + counts.forked
  const went = counts.delivered + counts.dropped + counts.dead + counts.unmatched + counts.joined + counts.in_flight
  return { ...counts, unaccounted: came - went }
}

interface Node {
  readonly name: string
  readonly count: Count
}

function nodeOf({ name, count }: Node) {
  return {
    name,
    received: count('received'),
    errors: count('errors'),
    dead: count('dead'),
    processing_time: count('time_nanos') / 1e9,
    lines_per_second: null,
    p50: null,
    p99: null,
    is_estimate: false
  }
}

function processorOf(node: Node): ProcessorNumbers {
  const { count } = node
  return { ...nodeOf(node), emitted: count('emitted'), retries: count('retries'), dropped: count('dropped') }
}

function sinkOf(node: Node): SinkNumbers {
  return { ...nodeOf(node), bytes_written: node.count('bytes_written') }
}
