// What telemetry costs the lane: one process, one lane, alternating slices with and without it, CPU time of the
// lane's thread alone. Slices of a pair follow each other at once, so that a change of the machine's speed hits both.

import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { builtins } from '../src/builtins.ts'
import { loadPlan } from '../src/config/load-plan.ts'
import { edgeBases, Lane, LaneParts, type TelemetryMode } from '../src/engine/index.ts'
import type { ByteInput } from '../src/sdk/source.ts'
import { createRegion } from '../src/shared-memory/index.ts'

export interface SliceCost {
  readonly mode: TelemetryMode
  readonly micros: number
}

/** CPU time of each slice; the modes alternate, in an order that changes from pair to pair. */
export async function measureSlices(
  inputPath: string,
  outputPath: string,
  modes: readonly [TelemetryMode, TelemetryMode],
  pairs: number,
  sliceBytes: number
): Promise<SliceCost[]> {
  const { plan } = await loadPlan({
    file: fileURLToPath(new URL('./jobs/route.yaml', import.meta.url)),
    registry: builtins,
    currentFolder: process.cwd(),
    inputs: [inputPath],
    outputs: [{ path: outputPath }]
  })
  const bases = edgeBases(plan)
  const region = createRegion({
    processorCount: plan.processors.length,
    sinkCount: plan.sinks.length,
    edgeCount: bases[bases.length - 1],
    trace: true,
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
  const slices: SliceCost[] = []
  const order = sliceOrder(modes, pairs)
  const source = slicedInput(inputPath, sliceBytes, order.length, {
    begin: index => parts.telemetry.setMode(order[index]),
    end: (index, micros) => slices.push({ mode: order[index], micros })
  })
  const inputs = [source]
  const lane = new Lane(
    parts,
    { totalBytes: undefined, next: () => inputs.shift(), close: () => undefined },
    Number.POSITIVE_INFINITY
  )
  const end = await lane.run()
  if (end.reason !== 'end') throw new Error(`The lane ended with ${end.reason}.`)
  return slices
}

function sliceOrder(modes: readonly [TelemetryMode, TelemetryMode], pairs: number): TelemetryMode[] {
  return Array.from({ length: pairs }, (_, pair) => (pair % 2 === 0 ? modes : modes.toReversed())).flat()
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

interface SliceEvents {
  begin(index: number): void
  end(index: number, micros: number): void
}

/** The file again and again; a slice is so many bytes of it. */
function slicedInput(path: string, sliceBytes: number, count: number, events: SliceEvents): ByteInput {
  const descriptor = openSync(path, 'r')
  let position = 0
  let left = 0
  let index = -1
  let before = process.threadCpuUsage()
  return {
    name: path,
    file: path,
    sizeBytes: undefined,
    readBytes: 0,
    read(target, offset, length) {
      if (left <= 0) {
        const now = process.threadCpuUsage()
        if (index >= 0) events.end(index, now.user + now.system - before.user - before.system)
        if (++index === count) return 0
        events.begin(index)
        left = sliceBytes
        before = process.threadCpuUsage()
      }
      let read = readSync(descriptor, target, offset, length, position)
      if (read === 0) {
        position = 0
        read = readSync(descriptor, target, offset, length, position)
      }
      position += read
      left -= read
      return read
    },
    close: () => undefined
  }
}
