// Carries out one run: plan, state, start, signals, progress, report. Returns the exit code.

import { builtins } from '../builtins.ts'
import { type LoadedPlan, loadPlan } from '../config/load-plan.ts'
import { jsonText } from '../contract/name-map.ts'
import { rememberMasks } from '../state/masks.ts'
import { openState } from '../state/open-state.ts'
import type { RunInformation } from '../state/run-json.ts'
import { rememberStart } from '../state/started-with.ts'
import { writeInStateFolder } from '../state/state-folder.ts'
import { type LaneEnd, Run, type StatsAnswer } from '../threads/main.ts'
import { decideBeginning, type ResumeWish, replacesOutputs } from '../threads/resume.ts'
import { VERSION } from '../threads/version.ts'
import { DEMO } from './demo.ts'
import { endReport } from './end-report.ts'
import { EXIT } from './exit-codes.ts'
import { formatNumberOf } from './numbers.ts'
import { isTerminal, print, printError, safe } from './output.ts'
import { Progress } from './progress.ts'
import { outputArgument, type RunArguments, requireToken, tokenOf } from './run-arguments.ts'
import { runIdentity } from './run-identity.ts'
import { defaultStateRoot } from './state-root.ts'
import { StopSignals } from './stop-signals.ts'

const FAST =
  'durability: fast: commits do not wait for the disk. If this process dies, nothing is lost. If the machine goes down, what the ' +
  'system had not written yet is: about the last 30 s of output and dead letters on Linux, and the run may have to start over.'

/** Throws a UserError for what the user can mend before the first line is read. */
export async function executeRun(pipeline: string | undefined, options: RunArguments): Promise<number> {
  const { plan, secrets, variables } = await loadPlanFor(pipeline, options)
  const say = options.quiet ? () => undefined : (text: string) => printError(safe(text))
  sayWhatIsNotYet(options)
  for (const warning of plan.warnings) printError(safe(`warning: ${warning}`))
  const source = builtins.sources.get(plan.source.type)
  if (plan.durability === 'fast') say(FAST)
  const notice = source?.notice?.(plan.source.options)
  if (notice !== undefined) say(notice)

  const writesStdout = plan.sinks.some(sink => sink.type === 'stdout')
  const leavesAtEnd = options.exit || !options.dashboard || writesStdout
  const state = openState(options.state ?? defaultStateRoot(pipeline), runIdentity(plan))
  const { input: inputs, output: outputs } = options
  const currentFolder = process.cwd()
  writeInStateFolder(state.folder, () => {
    rememberStart(state.folder, { pipeline: plan.file ?? DEMO, currentFolder, inputs, outputs })
    rememberMasks(state.folder, { redaction: plan.redaction, variables, secrets })
  })
  let hasClosed = true
  const progress = new Progress()
  const signals = new StopSignals()
  try {
    const { token, isGiven } = tokenOf(options)
    if (options.dashboard) requireToken(options.host, isGiven)
    if (state.crashed !== undefined) say(lastWords(state.crashed))
    const beginning = decideBeginning(state.folder, plan, wishOf(options))
    if (beginning.note !== undefined) say(beginning.note)
    if (beginning.kind === 'nothing') return EXIT.done
    const resume = beginning.kind === 'resume' ? beginning.checkpoint : undefined
    const run = await Run.start({
      plan,
      registry: builtins,
      trace: options.trace,
      stateFolder: state.folder,
      commits: true,
      resume,
      replaceOutputs: replacesOutputs(plan),
      maxLines: options.lines,
      dashboard: options.dashboard
        ? { host: options.host, port: options.port, allowHosts: options.allowHost, token }
        : undefined,
      version: VERSION,
      secrets: [...secrets, token],
      onLog: message => {
        progress.clear()
        printError(safe(message))
      }
    })
    const startedAt = performance.now()
    const enteredBefore = run.stats().ledger.entered
    let hasEnded = false
    signals.onSecond = () => run.giveUp()
    try {
      state.announce({ url: run.url, token: run.url === undefined ? undefined : token })
      sayWhereTheDashboardIs(run.url, token, isGiven, options.quiet)
      if (!options.quiet) progress.start(() => run.stats())
      signals.onFirst = signal => {
        if (hasEnded) return
        progress.clear()
        say(`Stopping (${signal}): settling the lines that were read. A second one ends at once.`)
        run.stop(`stopped by ${signal}`)
      }
      // A signal may have come while the run was starting.
      if (signals.first !== undefined) signals.onFirst(signals.first)
      const laneEnd = await run.ended
      if (signals.endAtOnce !== undefined) return signals.endAtOnce
      hasEnded = true
      const wallSeconds = (performance.now() - startedAt) / 1000
      progress.stop()
      const stats = run.stats()
      const end = withGivenUp(laneEnd, stats)
      const exitCode = exitCodeOf(end.reason, signals.first, plan.source.isEndless, stats.ledger, options.failOnDead)
      const isFailure = end.reason === 'failed' || end.reason === 'stop_on_error'
      run.finished({
        state: isFailure ? 'failed' : 'finished',
        ...('message' in end ? { stopReason: end.message } : {}),
        exitCode
      })
      if (!options.quiet && end.reason !== 'sink_closed') printError(endReport(stats, wallSeconds, enteredBefore))
      if (options.json) {
        const text = jsonText({ ...run.stats(), exit_code: exitCode })
        if (writesStdout) printError(text)
        else print(text)
      }
      if (isFailure) printError(safe(`linescope: ${end.message}`))
      if (!leavesAtEnd && !isFailure && signals.first === undefined) {
        say(`The input has ended. The dashboard stays up on ${run.url}; Ctrl-C ends it.`)
        await signals.wait()
      }
      return exitCode
    } finally {
      hasClosed = await run.close()
      if (!hasClosed) printError(safe(`linescope: ${stuck(run)}`))
    }
  } finally {
    signals.close()
    state.close()
    if (!hasClosed) killOurselves()
  }
}

function lastWords({ pid, startedAtMilliseconds }: RunInformation): string {
  const since = new Date(startedAtMilliseconds).toISOString()
  return `The run before this one (process ${pid}, since ${since}) ended without a word: it was killed, or the machine went down.`
}

/** A stop whose time was up: what is settled is written, the rest is said. */
function withGivenUp(end: LaneEnd, { ledger }: StatsAnswer): LaneEnd {
  if (end.reason !== 'stopped' || ledger.in_flight === 0) return end
  const lines = formatNumberOf(ledger.in_flight, 'line')
  return { reason: 'failed', message: `stopping took too long: ${lines} that had been read were given up, not settled` }
}

function stuck(run: Run): string {
  const busy = run.stats().processors.find(({ busy_since: since }) => since !== null)
  const who = busy === undefined ? 'a processor' : `the processor "${busy.name}"`
  return `${who} is inside native code and cannot be ended, so this process kills itself`
}

/** Nothing else ends a thread that is inside native code. */
function killOurselves(): void {
  process.kill(process.pid, 'SIGKILL')
}

async function loadPlanFor(pipeline: string | undefined, options: RunArguments): Promise<LoadedPlan> {
  return await loadPlan({
    file: pipeline ?? DEMO,
    registry: builtins,
    currentFolder: process.cwd(),
    inputs: options.input,
    outputs: options.output.map(outputArgument)
  })
}

/** Also when it is to be quiet: what is asked for and not done is no progress. */
function sayWhatIsNotYet(options: RunArguments): void {
  if (options.lanes !== 'auto' && options.lanes !== '1') {
    printError(`--lanes ${options.lanes}: several lanes come with a later version; this run has one.`)
  }
}

function wishOf({ resume, fresh }: RunArguments): ResumeWish {
  return resume ? 'resume' : fresh ? 'fresh' : 'auto'
}

function sayWhereTheDashboardIs(url: string | undefined, token: string, isGiven: boolean, isQuiet: boolean): void {
  if (url === undefined) return
  // The token is for changes only; in the fragment it reaches no server log. A given one is known to its owner.
  if (isQuiet) printError(url)
  else if (isGiven || !isTerminal('stderr')) printError(`Dashboard: ${url}`)
  else printError(`Dashboard: ${url}/#token=${token}`)
}

type Ledger = ReturnType<Run['stats']>['ledger']

function exitCodeOf(
  reason: string,
  signal: NodeJS.Signals | undefined,
  isEndless: boolean,
  ledger: Ledger,
  failOnDead: boolean
): number {
  if (reason === 'failed' || reason === 'stop_on_error') return EXIT.failed
  if (reason === 'stopped' && signal !== undefined && !isEndless) {
    return signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated
  }
  return failOnDead && ledger.dead + ledger.unmatched > 0 ? EXIT.dead : EXIT.done
}
