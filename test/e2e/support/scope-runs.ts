// A run whose lines fork, fail, are dropped and go nowhere, for the commands that look at one. Its numbers stand still:
// the input has ended and the dashboard is up.

import type { TestContext } from 'node:test'

import { statsWhen } from './answers.ts'
import { type Cli, makeFolder, start } from './cli.ts'

const PIPELINE = `
source: { file: { path: in.log } }
entry: start
processors:
  start: { use: ./work.ts#start }
  '日本 "x"': { use: ./work.ts#fails, retry: { attempts: 2, backoff: 1ms } }
  loud: { uppercase: {}, to: end }
sinks:
  end: { file: { path: out.log } }
  other: { file: { path: other.log } }
`

const MODULE = `
import { defineProcessor } from 'linescope'
export const start = defineProcessor({
  name: 'start', summary: 'Sends lines on their ways.', emits: ['end', 'other', 'loud', '日本 "x"'],
  create: () => (line, emit, context) => {
    if (line.startsWith('fork')) for (const tag of ['end', 'other', 'loud']) emit(tag, line)
    else if (line.startsWith('drop')) context.drop('too old')
    else if (line.startsWith('lost')) emit('nowhere', line)
    else if (line.startsWith('bad')) emit('日本 "x"', line)
    else emit('end', line)
  }
})
export const fails = defineProcessor({
  name: 'fails', summary: 'Fails.', emits: ['end'],
  create: () => line => { throw new TypeError('cannot work on ' + line) }
})
`

/** Two lines of each kind; those that fail would move the cursor. */
export const SCOPE_INPUT =
  'fine 1\nfork 1\nbad \x1b[31m1\u202e\ndrop 1\nlost 1\nfine 2\nfork 2\nbad \x1b[31m2\u202e\ndrop 2\nlost 2\n'

export interface ScopeRun {
  readonly folder: string
  readonly run: Cli
  readonly url: string
}

export async function startScopeRun(t: TestContext, ...args: string[]): Promise<ScopeRun> {
  const folder = makeFolder(t, { 'pipeline.yaml': PIPELINE, 'work.ts': MODULE, 'in.log': SCOPE_INPUT })
  const run = start(t, ['run', 'pipeline.yaml', '--trace', '--port', '0', ...args], { cwd: folder })
  const url = await run.url()
  await statsWhen(url, 'the input to end', ({ state }) => state === 'finished')
  return { folder, run, url }
}
