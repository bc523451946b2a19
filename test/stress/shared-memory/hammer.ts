// Main's part: gives the lane its lines, starts it, and ends it.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { type ChunkWriter, createRegion, type Region } from '../../../src/shared-memory/index.ts'
import type { HammerEnd, HammerStart } from './hammer-lane.ts'
import type { ObserverEnd, ObserverStart } from './hammer-observer.ts'
import { BATCH_LINES, batchBytes, LIMITS, lineOffset, SHAPE } from './workload.ts'

export function hammerRegion(): Region {
  return createRegion(SHAPE, LIMITS)
}

/** Fills the slots that are free. */
export class Feeder {
  readonly #chunks: ChunkWriter
  #batch = 0

  constructor(chunks: ChunkWriter) {
    this.#chunks = chunks
  }

  feed(): void {
    for (let slot = this.#chunks.acquire(); slot !== undefined; slot = this.#chunks.acquire()) {
      const bytes = batchBytes(this.#batch)
      slot.set(bytes)
      this.#chunks.publish({
        length: bytes.length,
        sourceNumber: 0,
        offset: lineOffset(this.#batch * BATCH_LINES),
        readAtMilliseconds: this.#batch,
        endsInput: false,
        endsSource: false
      })
      this.#batch++
    }
  }
}

/** A folder that threads keep their compiled modules in: most of a short life is the loading. */
export function compileCache(t: TestContext): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-compiled-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return { ...process.env, NODE_COMPILE_CACHE: folder }
}

/** A thread of the test, and what it has thrown. */
class TestThread {
  protected readonly worker: Worker
  readonly #exit: Promise<unknown>
  #failure: Error | undefined

  constructor(file: string, start: HammerStart | ObserverStart, env: NodeJS.ProcessEnv) {
    this.worker = new Worker(new URL(file, import.meta.url), { workerData: start, env })
    this.worker.on('error', error => {
      this.#failure = error as Error
    })
    this.#exit = once(this.worker, 'exit').catch(() => undefined)
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  /** Throws what the thread has thrown. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async running(): Promise<void> {
    await this.message()
  }

  async terminate(): Promise<void> {
    await this.worker.terminate()
    this.check()
  }

  protected async message(): Promise<unknown> {
    const [message] = (await once(this.worker, 'message')) as [unknown]
    return message
  }

  protected async exit(): Promise<void> {
    await this.#exit
    this.check()
  }
}

export class HammerLane extends TestThread {
  constructor(start: HammerStart, env: NodeJS.ProcessEnv) {
    super('./hammer-lane.ts', start, env)
  }

  /** After a stop was asked for. */
  async end(): Promise<HammerEnd> {
    const end = (await this.message()) as HammerEnd
    await this.exit()
    return end
  }
}

export class Observer extends TestThread {
  constructor(start: ObserverStart, env: NodeJS.ProcessEnv) {
    super('./hammer-observer.ts', start, env)
  }

  /** After the lane has ended. */
  async end(): Promise<ObserverEnd> {
    this.worker.postMessage('the lane has ended')
    const end = (await this.message()) as ObserverEnd
    await this.exit()
    return end
  }
}
