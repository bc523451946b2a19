// Pipelines and processors that several tests use.

/** A pipeline that passes every line on as it is, through a module of its own, from `in.log` to `out.log`. */
export const PASS_PIPELINE = `
source: { file: { path: in.log } }
processors:
  pass: { use: ./pass.ts#pass }
sinks:
  end: { file: { path: out.log } }
`

export const PASS_MODULE = `
import { defineProcessor } from 'linescope'
export const pass = defineProcessor({
  name: 'pass',
  summary: 'Passes every line on.',
  emits: ['end'],
  create: () => (line, emit) => emit('end', line)
})
`

export const PASS_FILES = { 'pipeline.yaml': PASS_PIPELINE, 'pass.ts': PASS_MODULE }

/** From `in.log` through one processor to `out.log`. */
export function pipelineOf(processor: string, source = '{ file: { path: in.log } }'): string {
  return `
source: ${source}
processors:
  step: ${processor}
sinks:
  end: { file: { path: out.log } }
`
}

/** For runs that only their report and their files are looked at. */
export const ALONE = ['--no-dashboard', '--quiet', '--json']
