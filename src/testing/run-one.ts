// Runs a single processor as the engine runs it in a pipeline, between a source and the sinks `end` and `other`.

import assert from 'node:assert/strict'

import { type Accepts, defineProcessor, type LineValue, type Process } from '../sdk/index.ts'
import { type PlanRun, type RunInput, runPlan } from './run-plan.ts'
import { type SimplePlanSettings, type SimpleProcessor, simplePlan } from './simple-plan.ts'

export type AnyProcess = Process<LineValue, string>

export interface RunOneSettings extends Partial<Omit<SimpleProcessor, 'use'>>, Pick<SimplePlanSettings, 'limits'> {
  /** Default `end` and `other`. */
  readonly emits?: readonly string[]
  /** Default `any`. */
  readonly accepts?: Accepts
}

/** Throws also when a snapshot does not account for every line. */
export async function runOne(process: AnyProcess, input: RunInput, settings: RunOneSettings = {}): Promise<PlanRun> {
  const { emits = ['end', 'other'], accepts = 'any', limits = {}, ...processor } = settings
  const use = defineProcessor({ name: 'it', summary: 'Under test.', emits, accepts, create: () => process })
  const plan = simplePlan({ it: { use, ...processor } }, { sinks: ['end', 'other'], limits })
  const run = await runPlan(plan, input)
  for (const { unaccounted } of run.ledgers) assert.equal(unaccounted, 0)
  return run
}

/** What a sink got. */
export function textOf({ sinks }: PlanRun, name = 'end'): string {
  return sinks.get(name)!.toString()
}
