import assert from 'node:assert/strict'
import { test } from 'node:test'

import { builtins } from '../../builtins.ts'
import { type LoadedPlan, planFromPipeline } from '../../config/load-plan.ts'
import { type Circumstances, checkGuarantees } from './guarantees.ts'

const FILE: Circumstances = {
  outputs: [{ name: 'end', type: 'file', isRegularFile: true }],
  inputsAreFiles: true,
  disksLast: true
}
const PIPE: Circumstances = { ...FILE, outputs: [{ name: 'end', type: 'file', isRegularFile: false }] }

async function planWith(source: object): Promise<LoadedPlan['plan']> {
  const pipeline = { source, processors: { up: { uppercase: {}, to: 'end' } }, sinks: { end: { file: { path: 'o' } } } }
  const { plan } = await planFromPipeline(pipeline as never, { registry: builtins, currentFolder: process.cwd() })
  return plan
}

function said(plan: LoadedPlan['plan'], circumstances: Circumstances): Map<string, string> {
  return new Map(checkGuarantees(plan, circumstances).map(({ name, level, text }) => [name, `${level}: ${text}`]))
}

test('from files to files is exactly once, to a pipe at least once', async () => {
  const plan = await planWith({ file: { path: 'i' } })
  assert.match(said(plan, FILE).get('source file') ?? '', /^ok: No line is lost/)
  assert.match(said(plan, FILE).get('sink end') ?? '', /^ok: Exactly once/)
  assert.match(said(plan, PIPE).get('sink end') ?? '', /^note: At least once/)
  assert.match(said(plan, FILE).get('end') ?? '', /^ok: It ends with its input/)
})

test('from stdin, or a pipe that is read like a file, lines are lost with the process', async () => {
  const plan = await planWith({ stdin: {} })
  assert.match(said(plan, FILE).get('source stdin') ?? '', /^note: What was read and not committed is lost/)
  assert.match(said(plan, FILE).get('sink end') ?? '', /^ok: Nothing twice/)
  const pipe = said(await planWith({ file: { path: 'i' } }), { ...FILE, inputsAreFiles: false })
  assert.match(pipe.get('source file') ?? '', /^note: What was read and not committed is lost/)
})

test('without syncs, or without a disk, a power failure is said to lose something', async () => {
  const plan = await planWith({ generate: {} })
  assert.match(said(plan, FILE).get('power failure') ?? '', /^ok: /)
  assert.match(said(plan, { ...FILE, disksLast: false }).get('power failure') ?? '', /^warning: What lies on/)
  const fast = { ...plan, durability: 'fast' as const }
  assert.match(said(fast, FILE).get('power failure') ?? '', /^warning: durability: fast\. .*the last 30 s/)
  assert.match(said(plan, FILE).get('end') ?? '', /^ok: It never ends by itself/)
})

test('dead letters are kept, or the oldest of them are lost at their limit', async () => {
  const plan = await planWith({ generate: {} })
  assert.match(said(plan, FILE).get('dead letters') ?? '', /^ok: .* At 1\.07 GB no more lines are read/)
  const dropping = { ...plan, deadLetters: { maxBytes: 2e6, whenFull: 'drop_oldest' as const } }
  assert.match(said(dropping, FILE).get('dead letters') ?? '', /^warning: At 2\.00 MB the oldest are deleted/)
})
