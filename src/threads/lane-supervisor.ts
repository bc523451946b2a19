// A lane as the run sees it: one that goes on when its thread dies.
//
// A thread that has died is followed by another one, from the last snapshot that it published: outputs are cut back to
// it, what came after it is void and runs again. A thread that hangs is ended. What a line has done to its thread is
// not done again: see suspicion.ts.

import type { Doom, LaneEnd } from '../engine/index.ts'
import {
  ControlReader,
  InFlightReader,
  LANE,
  MainControl,
  type Progress,
  recoverLane,
  regionMilliseconds,
  SnapshotReader,
  SnapshotWriter
} from '../shared-memory/index.ts'
import { DeathBudget } from './death-budget.ts'
import { describeDeath, type LaneDeath, lineOf, whereIs } from './lane-death.ts'
import { LaneThread } from './lane-thread.ts'
import type { LanePlace, LaneRequest, LaneStart, OpenedLetters } from './messages.ts'
import { type LaneEvents, NO_EVENTS } from './prepared-lane.ts'
import type { TakenBack } from './run-commits.ts'
import { type Finding, Suspicion } from './suspicion.ts'
import { Watchdog } from './watchdog.ts'

const GIVEN_UP = 'stopping took too long: lines that were under way are not settled'
const NOT_SETTLED = 'Lines that were under way are not settled.'
/** A thread ends within milliseconds, or not at all: Node cannot end one that is inside native code. */
const STUCK_MILLISECONDS = 5_000

/** What a restart needs of the run. */
export interface LaneKeeper {
  /** Brings everything back to a snapshot of the lane. Throws when it cannot. */
  takeBack(): Promise<TakenBack>
  /** The successor has opened its outputs; lines flow after it. */
  goesOn(letters: OpenedLetters | undefined): void
  nameOf(sourceNumber: number): string | undefined
  /** What is wrong at the moment; undefined: nothing any more. */
  trouble(message: string | undefined): void
  /** The thread cannot be ended: the process will be, because of this line when it is known. */
  stuck(doom: Doom | undefined): void
}

export class LaneSupervisor {
  readonly ready: Promise<number | undefined>
  /** Of the first thread. */
  readonly opened: Promise<OpenedLetters | undefined>
  /** Never rejects. */
  readonly ended: Promise<LaneEnd>
  onLog: (message: string) => void = () => undefined
  events: LaneEvents = NO_EVENTS
  /** Without one a death is the end. */
  keeper: LaneKeeper | undefined
  readonly #first: LaneStart
  readonly #control: MainControl
  readonly #snapshots: SnapshotReader
  readonly #watchdog: Watchdog
  readonly #suspicion: Suspicion
  readonly #budget = new DeathBudget(performance.now())
  readonly #end = Promise.withResolvers<LaneEnd>()
  /** Those that main reads: a successor must learn of them too. */
  readonly #inputs: LaneRequest[] = []
  readonly #linesBefore: number
  #thread: LaneThread
  #epoch: number
  #hasOpened = false
  #place: LanePlace | undefined
  #isStopping = false
  #isOver = false
  #hang: Progress | undefined
  #sourceFailure: string | undefined

  constructor(start: LaneStart) {
    const { plan, region, epoch, caution } = start
    this.#first = start
    this.#epoch = epoch
    this.#control = new MainControl(region)
    this.#snapshots = new SnapshotReader(region)
    this.#linesBefore = this.#snapshots.read().values[LANE.settled_lines]
    this.#suspicion = new Suspicion(caution.doomed)
    this.#watchdog = new Watchdog(region, plan.processors, progress => this.#hangs(progress))
    this.#thread = this.#startThread(start)
    this.ready = this.#thread.ready
    this.opened = this.#thread.opened
    this.ended = this.#end.promise
  }

  request(request: LaneRequest): void {
    if (request.type === 'input') this.#inputs.push(request)
    if (request.type === 'stop') this.#isStopping = true
    if (request.type === 'begin') this.#begins()
    this.#thread.request(request)
  }

  /** Main could not go on reading: the lane settles what it has and ends. */
  sourceFailed(message: string): void {
    this.#sourceFailure = message
  }

  giveUp(): void {
    this.#finish({ reason: 'failed', message: GIVEN_UP })
    void this.#thread.terminate()
  }

  async terminate(): Promise<void> {
    this.#finish({ reason: 'failed', message: GIVEN_UP })
    await this.#thread.terminate()
  }

  #finish(end: LaneEnd): void {
    this.#isOver = true
    this.#watchdog.stop()
    this.#end.resolve(this.#sourceFailure === undefined ? end : { reason: 'failed', message: this.#sourceFailure })
  }

  #startThread(start: LaneStart): LaneThread {
    const events: LaneEvents = {
      began: input => this.events.began(input),
      ended: end => this.events.ended(end),
      released: sourceNumber => this.events.released(sourceNumber),
      waiting: (who, reason) => this.events.waiting(who, reason),
      states: stated => this.events.states(stated),
      replay: report => this.events.replay(report)
    }
    const thread = new LaneThread(start, events, message => this.onLog(message))
    this.#hasOpened = false
    thread.opened.then(
      () => {
        this.#hasOpened = true
      },
      () => undefined
    )
    void thread.ended.then(end => (end.reason === 'died' ? this.#died(end) : this.#finish(end)))
    return thread
  }

  #begins(): void {
    this.#watchdog.start()
  }

  #hangs(progress: Progress): void {
    if (this.#isOver) return
    this.#hang = progress
    const where = whereIs(this.#first.plan, progress, number => this.keeper?.nameOf(number))
    this.keeper?.trouble(`The lane hangs${where} and is being ended.`)
    void this.#thread.terminate()
    const thread = this.#thread
    const stuck = setTimeout(() => {
      const doom: Doom = { ...placeOf(progress), code: 'hung', message: this.#hangReason(progress, 'process') }
      this.keeper?.stuck(progress.node >= 0 && progress.item >= 0 ? doom : undefined)
      this.#finish({
        reason: 'failed',
        message: `the lane hangs${where} in native code, which nothing but the end of the process ends. ${NOT_SETTLED}`
      })
    }, STUCK_MILLISECONDS)
    void thread.ended.then(() => clearTimeout(stuck))
  }

  async #died(death: LaneDeath): Promise<void> {
    this.#watchdog.stop()
    if (this.#isOver) return
    const { plan, region } = this.#first
    const hang = this.#hang
    this.#hang = undefined
    // Before it has opened its outputs, shared memory tells of its predecessor.
    const progress = this.#hasOpened ? (hang ?? new ControlReader(region).progress()) : undefined
    const where = whereIs(plan, progress, number => this.keeper?.nameOf(number))
    const what = hang === undefined ? describeDeath(death, where) : this.#describeHang(hang, where)
    if (this.keeper === undefined) {
      this.#finish({ reason: 'failed', message: `${what}. ${NOT_SETTLED}` })
      return
    }
    this.keeper.trouble(`A lane is being restarted: ${what}.`)
    const inFlight = new InFlightReader(region).read()
    let back: TakenBack
    try {
      back = await this.keeper.takeBack()
    } catch (failure) {
      const reason = failure instanceof Error ? failure.message : String(failure)
      this.#finish({ reason: 'failed', message: `${what}. It cannot be restarted: ${reason}` })
      return
    }
    this.#bringBack(back.values)
    if (this.#isOver) return
    if (this.#isStopping) {
      this.onLog(`${what}. The run is stopping: it is not restarted.`)
      this.#finish({ reason: 'stopped' })
      return
    }
    const finding = this.#suspicion.examine({
      kind: hang === undefined ? 'killed' : 'hung',
      reason: hang === undefined ? killReason(death) : this.#hangReason(hang),
      progress,
      inFlight,
      settled: this.#place
    })
    const refusal = this.#budget.died(back.values[LANE.settled_lines], finding.kind === 'guilty', performance.now())
    if (refusal !== undefined) {
      this.#finish({ reason: 'failed', message: `${what}. It is not restarted again: ${refusal}. ${NOT_SETTLED}` })
      return
    }
    this.onLog(`${what}. It goes on from its last snapshot${this.#consequence(finding)}.`)
    await this.#restart(back)
  }

  async #restart({ values, inputs, states }: TakenBack): Promise<void> {
    this.#epoch = this.#control.nextEpoch()
    const { suspects, doomed } = this.#suspicion
    const thread = this.#startThread({
      ...this.#first,
      epoch: this.#epoch,
      resume: inputs,
      states,
      maxLines: this.#first.maxLines - (values[LANE.settled_lines] - this.#linesBefore),
      place: this.#place,
      caution: { suspects: [...suspects], doomed }
    })
    this.#thread = thread
    for (const input of this.#inputs) thread.request(input)
    let letters: OpenedLetters | undefined
    try {
      await thread.ready
      thread.request({ type: 'go' })
      letters = await thread.opened
    } catch {
      // How it ended is told by `ended`.
      return
    }
    if (this.#isOver) return
    this.keeper?.goesOn(letters)
    this.keeper?.trouble(undefined)
    this.#begins()
    thread.request({ type: 'begin' })
  }

  /** The snapshot in the lane's memory becomes the one that all was brought back to, for all who look at it. */
  #bringBack(values: Float64Array): void {
    const { region } = this.#first
    const snapshot = new SnapshotWriter(region)
    snapshot.values.set(values)
    snapshot.publish(regionMilliseconds(region))
    recoverLane(region, this.#epoch, 'starting')
    if (values[LANE.input_turn] === 0) return
    this.#place = {
      sourceNumber: values[LANE.source_number],
      offset: values[LANE.source_offset],
      lineNumber: values[LANE.source_line],
      lineEnd: values[LANE.source_line_end] === 2 ? '\r\n' : '\n'
    }
  }

  #describeHang({ node, sourceNumber }: Progress, where: string): string {
    if (node < 0)
      return `the lane hung outside of any call${sourceNumber === -1 ? '' : ', in code of an asynchronous one'}`
    return `the lane hung${where} for longer than its timeout (${this.#timeoutOf(node)} ms)`
  }

  #hangReason({ node }: Pick<Progress, 'node'>, ended: 'thread' | 'process' = 'thread'): string {
    return node < 0
      ? `did not give the thread back: its ${ended} was ended`
      : `did not come back within ${this.#timeoutOf(node)} ms: its ${ended} was ended`
  }

  #timeoutOf(node: number): number {
    return this.#first.plan.processors[node]?.timeoutMilliseconds ?? 0
  }

  #consequence(finding: Finding): string {
    const nameOf = (number: number): string | undefined => this.keeper?.nameOf(number)
    if (finding.kind === 'guilty') return `; ${lineOf(finding.doom, nameOf) ?? 'the line'} is not tried again`
    return finding.kind === 'nobody' ? '' : '; what it was at runs line by line'
  }
}

function killReason({ cause, exitCode, message }: LaneDeath): string {
  if (cause === 'memory') return 'the lane ran out of memory with this line, again and again'
  return `ended the thread of its lane, again and again: ${cause === 'exit' ? `process.exit(${exitCode})` : message}`
}

function placeOf({ sourceNumber, offset, lineNumber, node, item }: Progress): Omit<Doom, 'code' | 'message'> {
  return { sourceNumber, offset, lineNumber, node, item }
}
