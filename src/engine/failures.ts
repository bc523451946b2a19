// What becomes of a call that failed: another try, or what `on_error` says.
//
// Every failed attempt is counted and reported; its samples may be shed under load, its count never.

import type { AttemptDetail, Batch } from './batch.ts'
import type { CallSlot } from './call.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { Emissions } from './emissions.ts'
import { asError, describeError, type EngineError } from './errors.ts'
import type { NodeRuntime } from './node.ts'
import type { OnErrorPlan } from './plan.ts'
import { DEAD, type Telemetry } from './telemetry.ts'

export interface FailuresHost {
  /** Parks the item and calls the processor again after the wait. */
  park(node: NodeRuntime, batch: Batch, item: number, attempt: number, waitMilliseconds: number): void
  /** `on_error: stop`: nothing from this entering line on is settled. */
  stopAt(node: NodeRuntime, batch: Batch, line: number, message: string): void
}

export class Failures {
  readonly #telemetry: Telemetry
  readonly #emissions: Emissions
  readonly #host: FailuresHost

  constructor(telemetry: Telemetry, emissions: Emissions, host: FailuresHost) {
    this.#telemetry = telemetry
    this.#emissions = emissions
    this.#host = host
  }

  /** The slot's call failed; all that it emitted is forgotten, its item's value is the one from before the step. */
  fail(node: NodeRuntime, slot: CallSlot, thrown: unknown): void {
    const { batch, item, attempt, overLimit } = slot
    slot.reset()
    if (overLimit !== undefined) {
      this.#emissions.undoLine(node, slot, overLimit)
      return
    }
    this.#failed(node, batch, item, attempt, attempt >= node.plan.retry.attempts, thrown)
  }

  /** The processor is not called with the item: it counts as a call that failed for good. */
  refuse(node: NodeRuntime, batch: Batch, item: number, reason: EngineError): void {
    this.#failed(node, batch, item, 1, true, reason)
  }

  #failed(node: NodeRuntime, batch: Batch, item: number, attempt: number, isFinal: boolean, thrown: unknown): void {
    const { retry } = node.plan
    const error = describeError(thrown)
    batch.counters[node.indexes.errors]++
    batch.failed.add(item)
    batch.notes?.call({
      item,
      path: batch.path[item] >> 1,
      attempt,
      startedAt: performance.now(),
      milliseconds: Number.NaN,
      error,
      isFinal,
      isQueued: false
    })
    if (retry.attempts > 1) this.#noteAttempt(batch, item, attempt, error.message)
    this.#telemetry.reportError(node.id, batch, item, attempt, isFinal, error)
    if (node.breaker !== undefined) this.#tellBreaker(node, node.breaker, batch, item, isFinal, error.message)
    if (!isFinal) {
      batch.counters[node.indexes.retries]++
      const wait = Math.min(retry.backoffMilliseconds * 2 ** (attempt - 1), retry.maxBackoffMilliseconds)
      this.#host.park(node, batch, item, attempt + 1, wait)
      return
    }

    const onError = onErrorOf(node, batch, error.message)
    switch (onError.kind) {
      case 'dead_letter':
        batch.counters[node.indexes.dead]++
        batch.outcome[item] = DEAD
        batch.dead.set(item, {
          kind: 'dead',
          node: node.id,
          tag: node.name,
          valueBefore: batch.values[item],
          error,
          attempts:
            retry.attempts > 1
              ? batch.attemptsOfLastCall(item)
              : [{ attempt, atMilliseconds: Date.now(), message: error.message }]
        })
        return
      case 'drop':
        this.#emissions.drop(node, batch, item, 'error')
        return
      case 'to':
        batch.errors.set(item, { error: asError(thrown), to: onError.target, hasArrived: false })
        batch.counters[node.edgeBase + node.targets.length]++
        this.#emissions.deliver(batch, item, onError.target)
        return
      case 'stop':
        // It is nowhere any more: its line is not settled.
        batch.counters[node.indexes.undone]++
        this.#host.stopAt(node, batch, batch.rootOf(item), `processor "${node.name}": ${error.message}`)
    }
  }

  #tellBreaker(
    node: NodeRuntime,
    breaker: CircuitBreaker,
    batch: Batch,
    item: number,
    isFinal: boolean,
    message: string
  ): void {
    const { probe } = node
    const isProbe = probe?.batch === batch && probe.item === item
    if (isProbe) node.probe = undefined
    if (!isFinal) {
      if (isProbe) breaker.undecided()
      return
    }
    const queue = batch.queues[node.id]
    const toCome = queue.count - queue.head + node.waiting.length - node.waitingHead
    breaker.failed(node.receivedLines - toCome, message)
  }

  #noteAttempt(batch: Batch, item: number, attempt: number, message: string): void {
    const detail: AttemptDetail = { attempt, atMilliseconds: Date.now(), message }
    const attempts = batch.attempts.get(item)
    if (attempts === undefined) batch.attempts.set(item, [detail])
    else attempts.push(detail)
  }
}

/** A replay is not the run: `stop` ends the replay, and the letter is a dead one again. */
function onErrorOf(node: NodeRuntime, { replay }: Batch, message: string): OnErrorPlan {
  const { onError } = node.plan
  if (onError.kind !== 'stop' || replay === undefined) return onError
  replay.stop(`on_error: stop of the processor "${node.name}": ${message}`)
  return { kind: 'dead_letter' }
}
