// What telemetry costs the lane: one process, and in it one lane for each kind of telemetry, in a region of its own, as
// a run would have it. They take turns, slice by slice of the same input; what counts is the CPU time of this thread.
// Slices of a round follow each other at once, so that a change of the machine's speed hits all of them.

import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { builtins } from '../src/builtins.ts'
import { loadPlan } from '../src/config/load-plan.ts'
import { edgeBases, Lane, type LaneEnd, LaneParts, type Plan, type TelemetryMode } from '../src/engine/index.ts'
import type { ByteInput } from '../src/sdk/source.ts'
import { createRegion } from '../src/shared-memory/index.ts'

/** By mode: CPU time of a slice in microseconds. */
export type RoundCost = Readonly<Record<TelemetryMode, number>>

export const MODES: readonly TelemetryMode[] = ['off', 'metrics', 'journeys']

/** The order of the modes changes from round to round. */
export async function measureRounds(
  inputPath: string,
  outputPath: string,
  rounds: number,
  sliceBytes: number
): Promise<RoundCost[]> {
  const { plan } = await loadPlan({
    file: fileURLToPath(new URL('./jobs/route.yaml', import.meta.url)),
    registry: builtins,
    currentFolder: process.cwd(),
    inputs: [inputPath],
    outputs: [{ path: outputPath }]
  })
  const lanes: CostLane[] = []
  for (const mode of MODES) lanes.push(await CostLane.open(plan, mode, inputPath, outputPath))
  const costs: RoundCost[] = []
  for (let round = 0; round < rounds; round++) {
    const cost: Record<TelemetryMode, number> = { off: 0, metrics: 0, journeys: 0 }
    for (let turn = 0; turn < lanes.length; turn++) {
      const lane = lanes[(round + turn) % lanes.length]
      cost[lane.mode] = await lane.run(sliceBytes)
    }
    costs.push(cost)
  }
  for (const lane of lanes) await lane.close()
  return costs
}

class CostLane {
  readonly mode: TelemetryMode
  readonly #input: SlicedInput
  readonly #end: Promise<LaneEnd>

  private constructor(mode: TelemetryMode, input: SlicedInput, end: Promise<LaneEnd>) {
    this.mode = mode
    this.#input = input
    this.#end = end
  }

  static async open(plan: Plan, mode: TelemetryMode, inputPath: string, outputPath: string): Promise<CostLane> {
    const bases = edgeBases(plan)
    const region = createRegion({
      processorCount: plan.processors.length,
      sinkCount: plan.sinks.length,
      edgeCount: bases[bases.length - 1],
      trace: mode === 'journeys',
      chunkSlots: 0,
      chunkSlotBytes: 0
    })
    const parts = await LaneParts.create({
      plan,
      region,
      epoch: 1,
      registry: builtins,
      sinks: [loopingSink(outputPath)],
      letters: { append: () => undefined, length: 0, close: () => undefined },
      valueOutput: undefined,
      log: () => undefined
    })
    parts.telemetry.setMode(mode)
    const input = new SlicedInput(inputPath)
    const inputs: ByteInput[] = [input]
    const source = { totalBytes: undefined, next: () => inputs.shift(), close: () => undefined }
    const end = new Lane(parts, source, Number.POSITIVE_INFINITY).run()
    await input.isAsked()
    return new CostLane(mode, input, end)
  }

  /** CPU time of this thread in microseconds. */
  async run(sliceBytes: number): Promise<number> {
    const before = process.threadCpuUsage()
    this.#input.give(sliceBytes)
    await this.#input.isAsked()
    const after = process.threadCpuUsage()
    return after.user + after.system - before.user - before.system
  }

  async close(): Promise<void> {
    this.#input.close()
    const { reason } = await this.#end
    if (reason !== 'end') throw new Error(`The lane ended with ${reason}.`)
  }
}

/** The file again and again, so many bytes at a time. */
class SlicedInput implements ByteInput {
  readonly name: string
  readonly file: string
  readonly sizeBytes = undefined
  readonly readBytes = 0
  readonly #descriptor: number
  #position = 0
  #left = 0
  #asked = Promise.withResolvers<void>()
  #given: ((isOver: boolean) => void) | undefined
  #isClosed = false

  constructor(path: string) {
    this.name = path
    this.file = path
    this.#descriptor = openSync(path, 'r')
  }

  /** The lane has done all that it was given. */
  isAsked(): Promise<void> {
    return this.#asked.promise
  }

  give(bytes: number): void {
    this.#asked = Promise.withResolvers<void>()
    this.#left = bytes
    this.#given!(false)
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.#left > 0) return this.#copy(target, offset, length)
    return new Promise(resolve => {
      this.#given = isOver => resolve(isOver ? 0 : this.#copy(target, offset, length))
      // After the lane has told all that it has, which is a part of the cost.
      setImmediate(this.#asked.resolve)
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#given?.(true)
    closeSync(this.#descriptor)
  }

  #copy(target: Uint8Array, offset: number, length: number): number {
    let read = readSync(this.#descriptor, target, offset, length, this.#position)
    if (read === 0) {
      this.#position = 0
      read = readSync(this.#descriptor, target, offset, length, 0)
    }
    this.#position += read
    this.#left -= read
    return read
  }
}

/** Writes over the same 64 MiB again and again, so that the disk's own cost stays the same throughout. */
function loopingSink(path: string): { write(bytes: Uint8Array): void; readonly length: undefined; close(): void } {
  const descriptor = openSync(path, 'w')
  let at = 0
  return {
    write(bytes) {
      if (at + bytes.length > 64 * 1024 * 1024) at = 0
      at += writeSync(descriptor, bytes, 0, bytes.length, at)
    },
    length: undefined,
    close: () => closeSync(descriptor)
  }
}
