// Makes a lane ready to run on the thread it is called on: a worker's, or the caller's in library mode.
//
// Two steps, so that a taken port or a second mistake is found before an output file is replaced.

import type { MessagePort } from 'node:worker_threads'

import { quote } from '../base/quote.ts'
import { Caution, type InputListener, Lane, LaneParts, type Plan, type ValueOutput } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import type { Sink, SinkDefinition } from '../sdk/sink.ts'
import type { InputPosition, Source, SourceSetup } from '../sdk/source.ts'
import { blockThread, type Region } from '../shared-memory/index.ts'
import { LimitedLog } from '../state/dead-letter-log/limited-log.ts'
import { DeadLetterLog } from '../state/dead-letter-log/writer.ts'
import { CAREFUL_MILLISECONDS, PoisonNote } from '../state/poison-notes.ts'
import type { EndedInput, OpenedInput } from './input-positions.ts'
import { openLaneTap, type TapOrder } from './lane-tap.ts'
import type { LaneCommit, LaneRequest, LaneStart, OpenedLetters, ReplayReport, StatedSnapshot } from './messages.ts'
import { NoInput } from './no-input.ts'
import { ReplayFeed } from './replay-feed.ts'

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
  readonly replaysOnly?: boolean | undefined
  readonly caution: LaneStart['caution']
  readonly isCareful: boolean
  readonly states?: LaneStart['states'] | undefined
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
  states(stated: StatedSnapshot): void
  replay(report: ReplayReport): void
}

export const NO_EVENTS: LaneEvents = {
  began: () => undefined,
  ended: () => undefined,
  released: () => undefined,
  waiting: () => undefined,
  states: () => undefined,
  replay: () => undefined
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
  committed(commit: LaneCommit): void
  /** Shows live lines through the port until it is closed. */
  tap(order: TapOrder, port: MessagePort): void
  /** Passes on what main says of a replay. */
  replay(request: LaneRequest): void
}

/** Finds the source's inputs. Throws a UserError for what the user can mend. */
export function prepareLane(preparation: LanePreparation): PreparedLane {
  const { plan, registry } = preparation
  const noInput = preparation.replaysOnly === true ? new NoInput() : undefined
  const source: Source =
    preparation.source ??
    noInput ??
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
      const log = openLetters(preparation)
      const parts = await LaneParts.create({
        plan,
        region: preparation.region,
        epoch: preparation.epoch,
        registry,
        sinks,
        letters: log ?? { append: () => undefined, length: 0, close: () => undefined },
        valueOutput: preparation.valueOutput,
        states: preparation.states,
        log: preparation.log
      })
      if (parts.states !== undefined) {
        parts.states.onTaken = (sequence, values, states) => preparation.events.states({ sequence, values, states })
      }
      parts.onBreaker = (name, reason) => {
        const why = reason === undefined ? undefined : `the circuit breaker of ${quote(name)} is open: ${reason}`
        preparation.events.waiting(`the processor ${quote(name)}`, why)
      }
      parts.patience.onWaiting = (who, reason) => preparation.events.waiting(who, reason)
      const { maxLines, uncommittedBytes } = preparation
      const replays = replayFeed(preparation, parts)
      const lane = new Lane(parts, source, maxLines, {
        inputs: inputListener(preparation.events),
        uncommittedBytes,
        replays,
        caution: cautionOf(preparation, parts)
      })
      lane.publish()
      return {
        lane,
        letters: log && { position: log.position, length: log.length },
        committed({ sequence, finished, neededSegment }) {
          for (const sourceNumber of finished) source.committed?.(sourceNumber)
          if (log instanceof LimitedLog) log.committed(neededSegment)
          lane.committed(sequence)
        },
        tap(order, port) {
          openLaneTap(parts, preparation.region, order, port)
        },
        replay(request) {
          if (request.type === 'replay') replays?.run(request.job)
          else if (request.type === 'replay-pause') replays?.pause()
          else if (request.type === 'replay-end') noInput?.close()
        }
      }
    }
  }
}

function cautionOf({ caution, isCareful, stateFolder }: LanePreparation, parts: LaneParts): Caution | undefined {
  const { suspects, doomed } = caution
  if (isCareful && stateFolder !== undefined) {
    const note = new PoisonNote(stateFolder)
    parts.telemetry.progress.onLine = place => note.write(place)
    parts.telemetry.progress.onLineOver = () => note.clear()
    return new Caution(suspects, doomed, performance.now() + CAREFUL_MILLISECONDS)
  }
  return suspects.length + doomed.length > 0 ? new Caution(suspects, doomed) : undefined
}

/** Where nobody commits, the log is there for the time of the run only, and takes what the disk has. */
function openLetters({
  plan,
  stateFolder,
  uncommittedBytes,
  log
}: LanePreparation): DeadLetterLog | LimitedLog | undefined {
  if (stateFolder === undefined) return undefined
  return uncommittedBytes === undefined
    ? new DeadLetterLog(stateFolder)
    : new LimitedLog(stateFolder, plan.deadLetters, log)
}

/** Where somebody commits: what was replayed must be known after a crash. */
function replayFeed(preparation: LanePreparation, parts: LaneParts): ReplayFeed | undefined {
  const { plan, stateFolder, uncommittedBytes, events } = preparation
  if (stateFolder === undefined || uncommittedBytes === undefined) return undefined
  const { counters } = parts.telemetry
  return new ReplayFeed({ plan, stateFolder, counters, report: report => events.replay(report) })
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
