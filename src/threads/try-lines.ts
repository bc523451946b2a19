// Runs a few lines through everything but the sinks and tells each one's tree, with the value at every hop.

import { type IterableInput, openIterable } from '../connectors/iterable/source.ts'
import { Lane, type Plan } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import type { TriedLine } from './hop-recorder.ts'
import { createTrialParts } from './trial-parts.ts'

/** Resolves when all lines have come to an end. Rejects when a processor stops the run. */
export async function tryLines(
  plan: Plan,
  registry: Registry,
  lines: IterableInput,
  onLine: (line: TriedLine) => void
): Promise<void> {
  const parts = await createTrialParts(plan, registry, onLine)
  const end = await new Lane(parts, openIterable(lines), Number.POSITIVE_INFINITY).run()
  if (end.reason === 'failed' || end.reason === 'stop_on_error') throw new Error(end.message)
}
