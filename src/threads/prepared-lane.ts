// Makes a lane ready to run on the thread it is called on: a worker's, or the caller's in library mode.
//
// Two steps, so that a taken port or a second mistake is found before an output file is replaced.

import { type InputListener, Lane, LaneParts, type Plan, type ValueOutput } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import type { Sink, SinkDefinition } from '../sdk/sink.ts'
import type { InputPosition, Source, SourceSetup } from '../sdk/source.ts'
import { blockThread, type Region } from '../shared-memory/index.ts'
import { DeadLetterLog } from '../state/dead-letter-log/writer.ts'
import type { EndedInput, OpenedInput } from './input-positions.ts'
import type { OpenedLetters } from './messages.ts'

export interface LanePreparation {
  readonly plan: Plan
  readonly region: Region
  readonly epoch: number
  readonly registry: Registry
  /** Undefined in library mode without a state folder: dead letters are counted and shown, not kept. */
  readonly stateFolder: string | undefined
  readonly replaceOutputs: boolean
  readonly maxLines: number
  /** The source when it is not the lane's own to open. */
  readonly source: Source | undefined
  readonly valueOutput: ValueOutput | undefined
  /** Where to go on in each input, when this lane is not the first. */
  readonly resume: readonly InputPosition[] | undefined
  readonly uncommittedBytes: number | undefined
  readonly events: LaneEvents
  readonly log: (message: string) => void
}

/** What main is told while lines flow. */
export interface LaneEvents {
  began(input: OpenedInput): void
  ended(end: EndedInput): void
  released(sourceNumber: number): void
  /** What the lane waits for; undefined: it goes on. */
  waiting(who: string, reason: string | undefined): void
}

export const NO_EVENTS: LaneEvents = {
  began: () => undefined,
  ended: () => undefined,
  released: () => undefined,
  waiting: () => undefined
}

export interface PreparedLane {
  readonly totalBytes: number | undefined
  /** Opens the sinks and the dead-letter log. Throws a UserError for what the user can mend. */
  open(): Promise<OpenedLane>
}

export interface OpenedLane {
  readonly lane: Lane
  readonly letters: OpenedLetters | undefined
  /** Passes on what main says of a commit. */
  committed(sequence: number, finished: readonly number[]): void
}

/** Finds the source's inputs. Throws a UserError for what the user can mend. */
export function prepareLane(preparation: LanePreparation): PreparedLane {
  const { plan, registry } = preparation
  const source =
    preparation.source ??
    openSource(plan, registry, {
      resume: preparation.resume,
      ...(preparation.uncommittedBytes === undefined
        ? {}
        : { release: (sourceNumber: number) => preparation.events.released(sourceNumber) }),
      log: preparation.log
    })
  return {
    totalBytes: source.totalBytes,
    async open() {
      const sinks = plan.sinks.map(sink => openSink(sink, preparation))
      const log = preparation.stateFolder === undefined ? undefined : new DeadLetterLog(preparation.stateFolder)
      const parts = await LaneParts.create({
        plan,
        region: preparation.region,
        epoch: preparation.epoch,
        registry,
        sinks,
        letters: log ?? { append: () => undefined, length: 0, close: () => undefined },
        valueOutput: preparation.valueOutput,
        log: preparation.log
      })
      parts.patience.onWaiting = (who, reason) => preparation.events.waiting(who, reason)
      const { maxLines, uncommittedBytes } = preparation
      const lane = new Lane(parts, source, maxLines, { inputs: inputListener(preparation.events), uncommittedBytes })
      lane.publish()
      return {
        lane,
        letters: log && { position: log.position, length: log.length },
        committed(sequence, finished) {
          for (const sourceNumber of finished) source.committed?.(sourceNumber)
          lane.committed(sequence)
        }
      }
    }
  }
}

function inputListener(events: LaneEvents): InputListener {
  return {
    began: ({ turn, sourceNumber }, { name, file, stored, start }) => {
      const { offset, lineNumber } = start ?? { offset: 0, lineNumber: 0 }
      events.began({ turn, sourceNumber, name, file, stored, start: { offset, lineNumber } })
    },
    ended: ({ turn }, end) => events.ended({ turn, ...end })
  }
}

export function openSource(
  plan: Plan,
  registry: Registry,
  goesOn: Pick<SourceSetup, 'resume' | 'release' | 'log'> = {}
): Source {
  const definition = registry.sources.get(plan.source.type)
  if (definition === undefined) throw new Error(`no source is named "${plan.source.type}"`)
  return definition.open(plan.source.options, {
    baseFolder: plan.baseFolder,
    outputFiles: outputFiles(plan, registry),
    ...goesOn
  })
}

/** Absolute paths of the files that the sinks write. */
export function outputFiles(plan: Plan, registry: Registry): string[] {
  return plan.sinks.flatMap(({ type, options }) => {
    const definition: SinkDefinition | undefined = registry.sinks.get(type)
    const file = definition?.file?.(options, plan.baseFolder)
    // Standard output may be a file too, which must not be read at the same time.
    if (type === 'stdout') return ['/dev/stdout']
    return file === undefined ? [] : [file]
  })
}

function openSink(sink: Plan['sinks'][number], preparation: LanePreparation): Sink {
  // Its values are handed to the caller by the engine; no byte comes here.
  if (sink.type === 'callback') return { write: () => undefined, length: undefined, close: () => undefined }
  const definition = preparation.registry.sinks.get(sink.type)
  if (definition === undefined) throw new Error(`no sink is named "${sink.type}"`)
  return definition.open(sink.options, {
    name: sink.name,
    baseFolder: preparation.plan.baseFolder,
    replace: preparation.replaceOutputs,
    isContinued: preparation.resume !== undefined,
    blockThread
  })
}
