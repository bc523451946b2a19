// Linescope inside somebody's own program: a process that imports it, in a folder that has nothing to do with ours.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { Cli, cleanEnvironment, makeFolder, ROOT } from './support/cli.ts'

const INDEX = pathToFileURL(join(ROOT, 'src', 'index.ts')).href

/** Runs the program to its end and returns what it printed as JSON on its last line. */
async function programSays(t: TestContext, program: string, files: Record<string, string> = {}) {
  const folder = makeFolder(t, { ...files, 'program.ts': program.replaceAll("'linescope'", `'${INDEX}'`) })
  const cli = new Cli(process.execPath, ['program.ts'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: cleanEnvironment()
  })
  t.after(() => cli.process.kill('SIGKILL'))
  const { code, stdout, stderr } = await cli.end()
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '', 'the library prints nothing by itself')
  const said = JSON.parse(stdout.toString().trimEnd().split('\n').at(-1) ?? '')
  return { said, folder }
}

test('inline functions, lines of the program, values back to it; what was given is what comes out', async t => {
  const { said } = await programSays(
    t,
    `
import { definePipeline, defineProcessor, run } from 'linescope'

const split = defineProcessor({
  name: 'split', summary: 'Sorts by length.', emits: ['long', 'short'],
  create: () => (line, emit, context) => {
    if (line === '') context.drop('empty')
    else emit(line.length > 3 ? 'long' : 'short', line)
  }
})
const pipeline = definePipeline({
  entry: 'split',
  processors: {
    split,
    long: { use: (line: string) => ({ text: line, length: line.length }), to: 'end' },
    short: {
      use: (line: string) => {
        if (line === 'bad') throw new Error('no good')
        return line.toUpperCase()
      },
      to: 'end'
    }
  },
  sinks: { end: { discard: {} } }
})
const got: unknown[] = []
async function* input() {
  yield 'one'
  yield 'three'
  yield ''
  yield 'bad'
  yield Buffer.from('two\\nfour\\nsix')
}
const handle = run(pipeline, { input: input(), output: (value, tag) => got.push([tag, value]) })
const { reason, stats } = await handle.done
console.log(JSON.stringify({ got, reason, ledger: stats.ledger, errors: stats.total_errors, after: handle.stats()?.state }))
`
  )

  assert.deepEqual(said.got, [
    ['end', 'ONE'],
    ['end', { text: 'three', length: 5 }],
    ['end', 'TWO'],
    ['end', { text: 'four', length: 4 }],
    ['end', 'SIX']
  ])
  const { entered, delivered, dropped, dead, unaccounted } = said.ledger
  assert.deepEqual(
    { entered, delivered, dropped, dead, unaccounted },
    { entered: 7, delivered: 5, dropped: 1, dead: 1, unaccounted: 0 }
  )
  assert.deepEqual([said.reason, said.errors, said.after], ['end', 1, 'finished'])
})

test('stop() settles what was read; stats() shows the run meanwhile; the dashboard is there when a port is given', async t => {
  const { said } = await programSays(
    t,
    `
import { definePipeline, run } from 'linescope'

const pipeline = definePipeline({
  source: { generate: { rate: 500 } },
  processors: { upper: { uppercase: {}, to: 'end' } },
  sinks: { end: { file: { path: 'out.log' } } }
})
const handle = run(pipeline, { port: 0, trace: true })
const before = handle.stats()
await handle.ready
while ((handle.stats()?.ledger.delivered ?? 0) < 50) await new Promise(resolve => setTimeout(resolve, 20))
const answer = await (await fetch(handle.url + '/stats')).json()
const traces = await (await fetch(handle.url + '/trace')).json()
await handle.stop()
const { reason, stats } = await handle.done
const isGone = await fetch(handle.url + '/stats').then(() => false, () => true)
console.log(JSON.stringify({ before, answered: answer.total_lines_processed, traces: traces.traces.length, reason, ledger: stats.ledger, isGone }))
`
  )

  assert.equal(said.before, undefined)
  assert.ok(said.answered > 0 && said.traces > 0)
  assert.equal(said.reason, 'stopped')
  assert.equal(said.ledger.entered, said.ledger.delivered)
  assert.equal(said.isGone, true)
})

test('mistakes reject with words for the user, and nothing is thrown anywhere else', async t => {
  const { said } = await programSays(
    t,
    `
import { definePipeline, run, UserError } from 'linescope'

const said: unknown[] = []
const tell = async (handle: ReturnType<typeof run>) => {
  await handle.done.then(() => said.push('done'), error => said.push([error instanceof UserError, String(error)]))
}
await tell(run('nope.yaml'))
await tell(run(definePipeline({ source: { file: { path: 'nope.log' } }, processors: { a: { trim: {}, to: 'end' } }, sinks: { end: { discard: {} } } })))
await tell(run(definePipeline({ processors: { a: { trim: {}, to: 'ned' } }, sinks: { end: { discard: {} } } }), { input: ['a'] }))
await tell(run(definePipeline({ processors: { a: { use: () => { throw new Error('here') }, on_error: 'stop', to: 'end' } }, sinks: { end: { discard: {} } } }), { input: ['a'] }))
async function* broken() {
  yield 'a'
  throw new Error('the source broke')
}
await tell(run(definePipeline({ processors: { a: { trim: {}, to: 'end' } }, sinks: { end: { discard: {} } } }), { input: broken() }))
// Nobody waits for this one.
run('nope.yaml')
await new Promise(resolve => setTimeout(resolve, 200))
console.log(JSON.stringify(said))
`
  )

  assert.deepEqual(
    said.map(([isUserError]: [boolean]) => isUserError),
    [true, true, true, false, false]
  )
  const [file, input, tag, stopped, source] = said.map(([, message]: [boolean, string]) => message)
  assert.match(file, /there is no file "nope\.yaml"/)
  assert.match(input, /no such file: "nope\.log"/)
  assert.match(tag, /processors\.a\.to: no processor or sink is named "ned"\. Did you mean "end"\?/)
  assert.match(stopped, /:1: processor "a": here$/)
  assert.match(source, /the source broke/)
})

test('a pipeline file runs as it does on the command line, with processors in a thread of their own', async t => {
  const { said, folder } = await programSays(
    t,
    `
import { run } from 'linescope'
const { stats } = await run('pipeline.yaml').done
console.log(JSON.stringify(stats.ledger))
`,
    {
      'pipeline.yaml': `
source: { file: { path: in.log } }
processors: { where: { use: ./where.ts#where, to: end } }
sinks: { end: { file: { path: out.log } } }
`,
      'where.ts': `
import { isMainThread } from 'node:worker_threads'
export const where = (line: string) => line + (isMainThread ? ' main' : ' lane')
`,
      'in.log': 'a\nb\n'
    }
  )

  assert.equal(said.delivered, 2)
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'a lane\nb lane\n')
})
