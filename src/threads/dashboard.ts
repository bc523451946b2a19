// The dashboard's thread: reads the lanes' shared memory and answers over HTTP. It shares nothing else with the lanes,
// so no question can slow a line, and no line can delay an answer.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { Redaction } from '../base/redaction.ts'
import { UserError } from '../base/user-error.ts'
import type { PipelineDescription } from '../contract/pipeline.ts'
import type { ReplayAnswer, ReplayQuestion } from '../contract/replay.ts'
import { Observer } from '../observer/observer.ts'
import { createReveal } from '../observer/reveal.ts'
import type { RunStatus } from '../observer/run-status.ts'
import { type Listening, listen } from '../server/listen.ts'
import { buildServer } from '../server/server.ts'
import type { Region } from '../shared-memory/index.ts'
import { StoreClient } from '../store/client.ts'
import { ErrorFeed } from './error-feed.ts'
import type { TapOrder } from './lane-tap.ts'
import type { LettersTask } from './letters.ts'
import { LettersThreads } from './letters-thread.ts'
import { Questions } from './questions.ts'
import { Taps } from './taps.ts'

/** What main gives the thread as workerData. */
export interface DashboardData {
  readonly pipeline: PipelineDescription
  /** One for each lane. */
  readonly regions: readonly Region[]
  readonly host: string
  /** 0 picks one. */
  readonly port: number
  readonly token: string | undefined
  readonly allowHosts: readonly string[]
  /** Values that are masked wherever text is shown. */
  readonly secrets: readonly string[]
  /** Undefined: the default. */
  readonly redaction?: Redaction | undefined
  readonly version: string
  /** Where dead letters are, and what they may be tried with: see LettersTask. */
  readonly letters?: Omit<LettersTask, 'question' | 'secrets' | 'redaction'> | undefined
}

/** What main tells the thread. A status may come at any time; what it does not name stays as it was. */
export type ToDashboard =
  | { readonly type: 'stop' }
  | { readonly type: 'status'; readonly status: RunStatus }
  | { readonly type: 'store'; readonly port: MessagePort }
  | { readonly type: 'answer'; readonly id: number; readonly answer: ReplayAnswer }

/** What the thread tells main: first `listening` or `failed`, then perhaps faults, and `stopped` at the end. */
export type FromDashboard =
  | { readonly type: 'listening'; readonly url: string; readonly port: number; readonly addresses: readonly string[] }
  | { readonly type: 'failed'; readonly message: string; readonly isUserError: boolean }
  | { readonly type: 'fault'; readonly message: string }
  /** A question that only main can answer. */
  | { readonly type: 'ask'; readonly id: number; readonly question: ReplayQuestion }
  /** For the lane, with the port through which it is to answer. */
  | { readonly type: 'tap'; readonly order: TapOrder; readonly port: MessagePort }
  | { readonly type: 'stopped' }

/** Between two times that the store is told which errors there were. */
const FEED_MILLISECONDS = 2_000

if (parentPort === null) throw new Error('The dashboard is started as a worker thread.')
const thread = parentPort
const tell = (message: FromDashboard): void => thread.postMessage(message)
const data = workerData as DashboardData
const reveal = createReveal(data.secrets, data.redaction)
const store = new StoreClient()
const observer = new Observer({
  pipeline: data.pipeline,
  regions: data.regions,
  reveal,
  version: data.version,
  keep: journeys => store.keep(journeys)
})
const letters =
  data.letters && new LettersThreads({ ...data.letters, secrets: data.secrets, redaction: data.redaction })
const questions = new Questions((id, question) => tell({ type: 'ask', id, question }))
const taps = new Taps({
  pipeline: data.pipeline,
  secrets: data.secrets,
  redaction: data.redaction,
  reveal,
  order: (order, port) => thread.postMessage({ type: 'tap', order, port } satisfies FromDashboard, [port]),
  isOver: () => ['finished', 'failed'].includes(observer.state())
})
const errorFeed = new ErrorFeed(observer, groups => store.putErrorGroups(groups))
const feedTimer = setInterval(() => errorFeed.poll(), FEED_MILLISECONDS).unref()
const starting = start()

thread.on('message', (message: ToDashboard) => {
  if (message.type === 'answer') questions.answered(message.id, message.answer)
  else if (message.type === 'status') observer.setStatus(message.status)
  else if (message.type === 'store') attach(message.port)
  else void stop()
})

function attach(port: MessagePort): void {
  store.attach(port)
  errorFeed.sendAllAgain()
}

async function stop(): Promise<void> {
  const listening = await starting
  clearInterval(feedTimer)
  errorFeed.poll()
  observer.stop()
  taps.close()
  await listening?.close()
  tell({ type: 'stopped' })
  thread.close()
}

async function start(): Promise<Listening | undefined> {
  try {
    const listening = await openServer()
    observer.start()
    const { url, port, addresses } = listening
    tell({ type: 'listening', url, port, addresses })
    return listening
  } catch (error) {
    const isUserError = error instanceof UserError
    tell({ type: 'failed', message: isUserError ? String(error) : detailOf(error), isUserError })
    // Nothing is left to do, and an open port would keep the thread alive.
    thread.close()
    return undefined
  }
}

async function openServer(): Promise<Listening> {
  const app = buildServer({
    observer,
    host: data.host,
    allowHosts: data.allowHosts,
    token: data.token,
    version: data.version,
    askReplays: question => questions.ask(question),
    openTap: taps.open,
    ...(letters === undefined ? {} : { askLetters: question => letters.ask(question) }),
    askStore: store.ask,
    reportFault: error => tell({ type: 'fault', message: detailOf(error) })
  })
  return await listen(app, { host: data.host, port: data.port })
}

function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
