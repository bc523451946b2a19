// Main's part: gives the lane its lines, starts it, and ends it.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { type ChunkWriter, createRegion, type Region } from '../../../src/shared-memory/index.ts'
import type { HammerEnd, HammerStart } from './hammer-lane.ts'
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

export class HammerLane {
  readonly #worker: Worker
  #failure: Error | undefined

  constructor(start: HammerStart, env: NodeJS.ProcessEnv) {
    this.#worker = new Worker(new URL('./hammer-lane.ts', import.meta.url), { workerData: start, env })
    this.#worker.on('error', error => {
      this.#failure = error as Error
    })
  }

  /** Throws what the lane has thrown. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async running(): Promise<void> {
    await once(this.#worker, 'message')
  }

  /** After a stop was asked for. */
  async end(): Promise<HammerEnd> {
    const [end] = (await once(this.#worker, 'message')) as [HammerEnd]
    await once(this.#worker, 'exit')
    return end
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
    this.check()
  }
}
