// `linescope top`: a run on the whole screen, once a second, until it is left. A run that goes away is waited for.

import { setTimeout as sleep } from 'node:timers/promises'

import type { Errors } from '../../contract/errors.ts'
import type { Stats } from '../../contract/stats.ts'
import type { Traces } from '../../contract/trace.ts'
import { EXIT } from '../exit-codes.ts'
import { print } from '../output.ts'
import type { ScopeArguments } from '../scope/arguments.ts'
import type { RunClient } from '../scope/client.ts'
import { findRun, findRunning } from '../scope/find-run.ts'
import { printJson } from '../scope/json-output.ts'
import { askShares } from '../scope/shares.ts'
import { Unreachable } from '../scope/unreachable.ts'
import { frame, headLines, type Known, pageRows, shownRows } from './frame.ts'
import { type Control, Keys } from './keys.ts'
import { RecentRates } from './rates.ts'
import { tableLines } from './rows.ts'
import { hasScreen, Screen } from './screen.ts'
import { renderLine } from './style.ts'
import { afterKey, FIRST_VIEW, type Key, type View } from './view.ts'

const INTERVAL_MILLISECONDS = 1000
const JOURNEYS_ASKED = 500

export async function showTop(pipeline: string | undefined, options: ScopeArguments): Promise<number> {
  const client = await findRunning(pipeline, options, 'its numbers are')
  if (options.json) {
    printJson((await client.get<Stats>('/stats', 'ledger')).text)
    return EXIT.done
  }
  if (!hasScreen()) return await printOnce(client)
  return await new Top(pipeline, options, client).run()
}

/** Rates need two looks. */
async function printOnce(client: RunClient): Promise<number> {
  const rates = new RecentRates()
  rates.add((await client.get<Stats>('/stats', 'ledger')).body)
  await sleep(INTERVAL_MILLISECONDS)
  const { body: stats } = await client.get<Stats>('/stats', 'ledger')
  rates.add(stats)
  const { url } = client
  const shares = await askShares(client)
  const known = { stats, rates, shares, url, disconnected: undefined, errors: undefined, traces: undefined }
  const width = Number.POSITIVE_INFINITY
  const head = headLines(known, width).map(pieces => renderLine(pieces, width, false))
  print([...head, ...tableLines(shownRows(known, FIRST_VIEW), 'order', false, width)].join('\n'))
  return EXIT.done
}

class Top {
  readonly #pipeline: string | undefined
  readonly #options: ScopeArguments
  #client: RunClient
  readonly #screen = new Screen()
  readonly #keys = new Keys({ onKey: key => this.#onKey(key), onControl: control => this.#onControl(control) })
  readonly #end = Promise.withResolvers<number>()
  #view: View = FIRST_VIEW
  #known: Known | undefined
  #hasEnded = false
  /** Asks again at once. */
  #wake: () => void = () => undefined

  constructor(pipeline: string | undefined, options: ScopeArguments, client: RunClient) {
    this.#pipeline = pipeline
    this.#options = options
    this.#client = client
  }

  /** The terminal is as it was when this is over, whichever way. */
  async run(): Promise<number> {
    const onInterrupt = (): void => this.#end.resolve(EXIT.interrupted)
    const onTerminate = (): void => this.#end.resolve(EXIT.terminated)
    const onContinue = (): void => this.#resume()
    process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onTerminate).on('SIGCONT', onContinue)
    // Before the screen is ours: what is wrong from the start is said on the terminal as it is.
    await this.#ask()
    this.#screen.onResize = () => this.#draw()
    try {
      this.#resume()
      return await Promise.race([this.#end.promise, this.#askAgainAndAgain()])
    } finally {
      this.#hasEnded = true
      this.#keys.stop()
      this.#screen.leave()
    }
  }

  async #askAgainAndAgain(): Promise<number> {
    while (!this.#hasEnded) {
      const woken = Promise.withResolvers<void>()
      this.#wake = woken.resolve
      await Promise.race([woken.promise, sleep(INTERVAL_MILLISECONDS)])
      const isMissing = this.#view.page === 'details' && this.#known?.traces === undefined
      if (this.#view.isPaused && !isMissing) continue
      try {
        await this.#ask()
      } catch (failure) {
        if (!(failure instanceof Unreachable)) throw failure
        this.#known = { ...this.#known!, disconnected: failure.message }
        await this.#findAgain()
      }
      this.#draw()
    }
    return EXIT.done
  }

  async #ask(): Promise<void> {
    const { body: stats } = await this.#client.get<Stats>('/stats', 'ledger')
    const rates = this.#known?.rates ?? new RecentRates()
    rates.add(stats)
    const shares = await askShares(this.#client)
    const isDetailed = this.#view.page === 'details'
    const errors = isDetailed ? (await this.#client.get<Errors>('/errors?limit=1', 'groups')).body : undefined
    const traces = isDetailed
      ? (await this.#client.get<Traces>(`/trace?limit=${JOURNEYS_ASKED}`, 'traces')).body
      : undefined
    this.#known = { stats, rates, shares, url: this.#client.url, disconnected: undefined, errors, traces }
  }

  /** It may have been started again, at another port. */
  async #findAgain(): Promise<void> {
    try {
      const found = await findRun(this.#pipeline, this.#options)
      if (found.kind === 'running') this.#client = found.client
    } catch {
      // The next look will tell.
    }
  }

  #onKey(key: Key): void {
    const known = this.#known
    if (known === undefined) return
    const names = shownRows(known, this.#view).map(({ name }) => name)
    const view = afterKey(this.#view, key, names, pageRows(known, this.#screen.size))
    if (view === undefined) {
      this.#end.resolve(EXIT.done)
      return
    }
    const asks = view.page === 'details' && this.#view.page !== 'details'
    const goesOn = this.#view.isPaused && !view.isPaused
    this.#view = view
    this.#draw()
    if (asks || goesOn) this.#wake()
  }

  #onControl(control: Control): void {
    if (control === 'interrupt') this.#end.resolve(EXIT.interrupted)
    else if (control === 'redraw') this.#screen.redraw()
    else {
      this.#keys.stop()
      this.#screen.leave()
      process.kill(process.pid, 'SIGTSTP')
    }
  }

  /** At the start, and when the shell brings it back. */
  #resume(): void {
    if (this.#hasEnded) return
    this.#screen.enter()
    this.#keys.start()
    this.#draw()
  }

  #draw(): void {
    if (this.#hasEnded || this.#known === undefined) return
    if (!this.#screen.draw(frame(this.#known, this.#view, this.#screen.size))) this.#end.resolve(EXIT.terminated)
  }
}
