// The store's thread: owns the database. It only reads the lanes' shared memory, and nobody waits for it.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

import type { Redaction } from '../base/redaction.ts'
import type { PipelineDescription } from '../contract/pipeline.ts'
import { type Clock, HistorySampler } from '../observer/history-sampler.ts'
import { Observer } from '../observer/observer.ts'
import { createReveal } from '../observer/reveal.ts'
import type { RunStatus } from '../observer/run-status.ts'
import type { Region } from '../shared-memory/index.ts'
import type { FromStore, RunEnd, ToStore } from '../store/messages.ts'
import type { KnownRun } from '../store/runs.ts'
import { Store } from '../store/store.ts'
import { textVersionOf } from '../store/text-version.ts'
import { ErrorFeed } from './error-feed.ts'

/** What main gives the thread as workerData. */
export interface StoreData {
  readonly stateFolder: string
  readonly run: KnownRun
  readonly pipeline: PipelineDescription
  readonly regions: readonly Region[]
  /** Counts that the run began with; undefined for a thread that takes the place of one that died. */
  readonly totals: Float64Array | undefined
  /** Nobody else reads the pages of errors and of kept journeys. */
  readonly readsPages: boolean
  readonly secrets: readonly string[]
  readonly redaction?: Redaction | undefined
  /** Undefined: the default. */
  readonly maxBytes?: number | undefined
  readonly maxAgeMilliseconds?: number | undefined
}

export type ToStoreThread =
  | { readonly type: 'client'; readonly port: MessagePort }
  | { readonly type: 'status'; readonly status: RunStatus }
  | { readonly type: 'ended'; readonly end: RunEnd }
  | { readonly type: 'exits'; readonly exitCode: number }
  | { readonly type: 'stop' }

export type FromStoreThread =
  | { readonly type: 'log'; readonly message: string }
  /** Undefined: all is well again. */
  | { readonly type: 'trouble'; readonly trouble: string | undefined }

const TICK_MILLISECONDS = 1_000
/** Pages of errors are read before lanes run out of them. */
const ERROR_MILLISECONDS = 200
const LEDGER_MILLISECONDS = 5_000
/** Letters that go into the index at once. */
const SLICE = 250
/** Between two slices this thread rests for so many times as long as one took: lines need the core more. */
const REST = 4
const REST_AT_LEAST_MILLISECONDS = 5

if (parentPort === null) throw new Error('The store is started as a worker thread.')
const thread = parentPort
const tell = (message: FromStoreThread): void => thread.postMessage(message)
const data = workerData as StoreData
const reveal = createReveal(data.secrets, data.redaction)
const clock = (): Clock => ({ at: Date.now(), ticks: performance.now() })

const store = new Store({
  stateFolder: data.stateFolder,
  run: data.run,
  reveal,
  textVersion: textVersionOf(data.run.configHash, data.secrets, data.redaction),
  say: message => tell({ type: 'log', message: reveal(message) }),
  maxBytes: data.maxBytes,
  maxAgeMilliseconds: data.maxAgeMilliseconds
})
const sampler = new HistorySampler(data.pipeline, data.regions, beginning(), data.totals)
const observer = data.readsPages
  ? new Observer({
      pipeline: data.pipeline,
      regions: data.regions,
      reveal,
      version: data.run.version,
      withoutJourneys: true,
      keep: journeys => store.keep(journeys)
    })
  : undefined
const errors =
  observer === undefined
    ? undefined
    : new ErrorFeed(observer, groups => {
        store.putErrorGroups(groups)
        return true
      })
let toldTrouble: string | undefined
let ledgerAt = Number.NEGATIVE_INFINITY
let hasEnded = false
let indexTimer: NodeJS.Timeout | undefined

const tickTimer = setInterval(tick, TICK_MILLISECONDS)
const errorTimer = observer && setInterval(() => observer.poll(), ERROR_MILLISECONDS)
index()

/** The first thread counts from the start of the run, however long it took to load; any other from now on. */
function beginning(): Clock {
  const now = clock()
  const at = data.totals === undefined ? now.at : data.run.startedAt
  return { at, ticks: now.ticks - Math.max(0, now.at - at) }
}

thread.on('message', (message: ToStoreThread) => {
  if (message.type === 'client') listenTo(message.port)
  else if (message.type === 'status') observer?.setStatus(message.status)
  else if (message.type === 'exits') store.exits(message.exitCode)
  else if (message.type === 'ended') end(message.end)
  else stop()
})

function tick(): void {
  if (!hasEnded) take()
  store.flush()
  tellTrouble()
}

function take(): void {
  const now = clock()
  store.add(sampler.poll(now))
  errors?.poll()
  if (now.ticks - ledgerAt < LEDGER_MILLISECONDS) return
  ledgerAt = now.ticks
  store.noteLedger(now.at, sampler.ledger())
}

function end(runEnd: RunEnd): void {
  store.add(sampler.rest(clock()))
  errors?.poll()
  store.noteLedger(runEnd.at, sampler.ledger())
  store.ended(runEnd)
  hasEnded = true
  store.flush()
}

/** A slice of the log, then a rest; when all is in, a look once a second. */
function index(): void {
  const startedAt = performance.now()
  const isComplete = store.index(SLICE)
  const rest = Math.max(REST_AT_LEAST_MILLISECONDS, REST * (performance.now() - startedAt))
  const hasTrouble = store.trouble !== undefined
  indexTimer = setTimeout(index, isComplete || hasTrouble ? TICK_MILLISECONDS : rest)
}

function listenTo(port: MessagePort): void {
  const answer = (message: FromStore): void => port.postMessage(message)
  port.on('message', (message: ToStore) => {
    if (message.type === 'ask') {
      // What has come but is not written yet is to be found, too.
      store.flush()
      if (message.name === 'deadLetters') store.index(SLICE)
      answer({ type: 'answer', id: message.id, answer: store.answer(message.name, message.query) })
      return
    }
    if (message.type === 'journeys') store.keep(message.journeys)
    else store.putErrorGroups(message.groups)
    answer({ type: 'taken', id: message.id })
  })
}

function tellTrouble(): void {
  const { trouble } = store
  if (trouble === toldTrouble) return
  toldTrouble = trouble
  tell({ type: 'trouble', trouble: trouble === undefined ? undefined : reveal(sentenceOf(trouble)) })
}

function sentenceOf(trouble: string): string {
  const { samples, journeys, errorGroups } = store.dropped
  const dropped = samples + journeys + errorGroups
  const lost = dropped === 0 ? '' : ` ${dropped} things to be kept were left out.`
  return `History is not kept at the moment: ${trouble.replace(/\.$/, '')}. No line depends on it.${lost}`
}

function stop(): void {
  clearInterval(tickTimer)
  clearTimeout(indexTimer)
  clearInterval(errorTimer)
  store.flush()
  // What has become dead in the last second; the next run takes what is left.
  store.index(SLICE)
  store.close()
  process.exit()
}
