// Live lines at a processor or a sink, over HTTP.

import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import type { TapCounts, TapLine } from '../../src/contract/tap.ts'
import { type Cli, makeFolder, start, until } from './support/cli.ts'

const PIPELINE = `
source: { file: { path: in.log, follow: true } }
processors:
  start: { use: ./steps.ts#start }
  loud:  { uppercase: {}, to: end }
sinks:
  end:   { file: { path: out.log } }
  other: { discard: {} }
`

const STEPS = `
import { defineProcessor } from 'linescope'
export const start = defineProcessor({
  name: 'start', summary: 'Does all that may be done with a line.', emits: ['loud', 'end', 'other'],
  create: () => (line, emit, context) => {
    const [kind] = line.split(' ')
    if (kind === 'kill' && context.lineNumber > 0) process.exit(3)
    if (kind === 'fail') throw new Error('cannot: \${SECRET}')
    if (kind === 'retry' && context.attempt === 1) throw new Error('again')
    if (kind === 'drop') context.drop('too old')
    else if (kind === 'lost') emit('nowhere' as never, line)
    else if (kind === 'split') for (const word of ['one', 'two', 'three']) emit('end', word)
    else if (kind === 'record') emit('other', { line })
    else if (kind === 'same') emit('loud', line)
    else if (kind !== 'wait') emit('end', '<' + line + '>')
    else return new Promise(resolve => setTimeout(resolve, 50)).then(() => emit('end', line))
  }
})
`

interface Seen {
  readonly lines: TapLine[]
  readonly counts: TapCounts[]
  end: string | undefined
}

interface Running {
  readonly url: string
  readonly run: Cli
  readonly write: (...lines: string[]) => void
}

async function running(t: TestContext): Promise<Running> {
  const folder = makeFolder(t, {
    'pipeline.yaml': PIPELINE,
    'steps.ts': STEPS.replace('${SECRET}', 'no secret'),
    'package.json': '{ "type": "module" }',
    'in.log': ''
  })
  const run = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: folder })
  const write = (...lines: string[]): void =>
    appendFileSync(join(folder, 'in.log'), lines.map(line => `${line}\n`).join(''))
  return { url: await run.url(), run, write }
}

/** What comes is in `seen` at once. Resolves when the answer has begun. */
async function tapAt(t: TestContext, url: string, query: string): Promise<Seen> {
  const aborted = new AbortController()
  t.after(() => aborted.abort())
  const response = await fetch(`${url}/api/v1/tap?${query}`, { signal: aborted.signal })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const seen: Seen = { lines: [], counts: [], end: undefined }
  void readEvents(response, seen).catch(() => undefined)
  return seen
}

async function readEvents(response: Response, seen: Seen): Promise<void> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const events = text.split('\n\n')
    text = events.pop()!
    for (const event of events) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event)!
      if (name === 'line') seen.lines.push(JSON.parse(data) as TapLine)
      else if (name === 'counts') seen.counts.push(JSON.parse(data) as TapCounts)
      else seen.end = (JSON.parse(data) as { reason: string }).reason
    }
  }
}

async function linesOf(seen: Seen, count: number): Promise<readonly TapLine[]> {
  await until(`${count} lines to be shown`, () => seen.lines.length >= count)
  return seen.lines
}

/** Until the lane has been told, lines go by unseen: one is written again and again. */
async function untilItShows({ write }: Running, seen: Seen): Promise<void> {
  await until('the tap to show something', () => {
    write('first')
    return seen.lines.length > 0
  })
  // What was written too much has come as well.
  await until('the tap to be quiet', async () => {
    const before = seen.lines.length
    await new Promise(resolve => setTimeout(resolve, 500))
    return seen.lines.length === before
  })
  seen.lines.length = 0
}

test('a tap', async t => {
  const found = await running(t)

  await t.test('shows each line at a processor with what came of it there', async t => {
    const seen = await tapAt(t, found.url, 'at=start&lines_per_second=1000')
    await untilItShows(found, seen)
    found.write('same a', 'changed b', 'split c', 'drop d', 'lost e', 'fail f', 'record g', 'wait h', 'retry i')
    const lines = await linesOf(seen, 9)
    const shown = lines.map(({ before, change, reason, after }) => [before, change, reason, after.map(({ to }) => to)])
    assert.deepEqual(
      shown.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      [
        ['changed b', 'modified', null, ['end']],
        ['drop d', 'dropped', 'too old', []],
        ['fail f', 'dead', 'cannot: no secret', []],
        ['lost e', 'unmatched', 'nowhere', []],
        ['record g', 'modified', null, ['other']],
        ['retry i', 'dead', 'again', []],
        ['same a', 'unmodified', null, ['loud']],
        ['split c', 'split', null, ['end', 'end', 'end']],
        ['wait h', 'unmodified', null, ['end']]
      ]
    )
    const changed = lines.find(({ before }) => before === 'changed b')
    assert.deepEqual(changed?.after, [
      { to: 'end', value: '<changed b>', is_cut: false, is_record: false, is_changed: true }
    ])
    assert.deepEqual([changed?.file, changed?.id.startsWith('0:')], ['in.log', true])
    assert.deepEqual(lines.find(({ before }) => before === 'record g')?.after[0]?.is_record, true)
  })

  await t.test('shows what comes into a sink, as it is written there', async t => {
    const seen = await tapAt(t, found.url, 'at=end&lines_per_second=1000')
    await untilItShows(found, seen)
    found.write('same x', 'drop y', 'split z')
    const lines = await linesOf(seen, 4)
    assert.deepEqual(
      new Set(lines.map(({ before, change }) => `${before} ${change}`)),
      new Set(['SAME X delivered', 'one delivered', 'two delivered', 'three delivered'])
    )
  })

  await t.test('shows only lines that hold a text, so many of them, and says how many there were', async t => {
    const seen = await tapAt(t, found.url, 'at=start&lines_per_second=20&text=needle&lines=6')
    const timer = setInterval(
      () => found.write(...Array.from({ length: 400 }, (_, index) => (index % 4 === 0 ? `needle ${index}` : 'hay'))),
      20
    )
    t.after(() => clearInterval(timer))
    await until('the tap to end', () => seen.end)
    clearInterval(timer)
    assert.equal(seen.end, '6 lines were shown')
    assert.equal(seen.lines.length, 6)
    assert.ok(seen.lines.every(({ before }) => before.startsWith('needle')))
    const { shown, matching, seen: came, looked_at: lookedAt } = seen.counts.at(-1)!
    assert.equal(shown, 6)
    assert.ok(lookedAt < came, `${lookedAt} of ${came}`)
    assert.ok(matching > came / 8 && matching < came / 2, `${matching} of ${came}`)
  })

  await t.test('goes on when the lane is started again, and ends when its time is up', async t => {
    const seen = await tapAt(t, found.url, 'at=start&lines_per_second=1000&seconds=30')
    await untilItShows(found, seen)
    found.write('kill')
    await found.run.says(/process\.exit\(3\)|exit 3/)
    await until('lines after it', () => {
      found.write('after it')
      return seen.lines.some(({ before }) => before === 'after it')
    })
    const short = await tapAt(t, found.url, 'at=start&seconds=1')
    await until('its end', () => short.end)
    assert.equal(short.end, 'its time is up')
  })

  await t.test('that is not read loses lines, and nobody waits for it', async t => {
    const text = 'x'.repeat(4_000)
    const aborted = new AbortController()
    t.after(() => aborted.abort())
    const response = await fetch(`${found.url}/api/v1/tap?at=start&lines_per_second=1000&lines=10000`, {
      signal: aborted.signal
    })
    assert.equal(response.status, 200)
    for (let round = 0; round < 30; round++) {
      found.write(...Array.from({ length: 200 }, () => `same ${text}`), `mark ${round}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    const other = await tapAt(t, found.url, 'at=start&lines_per_second=1000&text=last')
    await until('the last line', () => {
      found.write('last')
      return other.lines.length > 0
    })
  })

  await t.test('of what is not there is refused, and there are eight at once', async t => {
    const unknown = await fetch(`${found.url}/api/v1/tap?at=strat`)
    assert.equal(unknown.status, 404)
    assert.match(((await unknown.json()) as { message: string }).message, /"strat": "start", "loud", "end", "other"/)
    assert.equal((await fetch(`${found.url}/api/v1/tap`)).status, 400)
    assert.equal((await fetch(`${found.url}/api/v1/tap?at=start`, { method: 'HEAD' })).status, 200)
    await until('the taps of before to be gone', async () => {
      const aborted = new AbortController()
      const all = await Promise.all(
        Array.from({ length: 9 }, () => fetch(`${found.url}/api/v1/tap?at=start`, { signal: aborted.signal }))
      )
      const statuses = all.map(({ status }) => status)
      aborted.abort()
      return statuses.filter(status => status === 200).length === 8 && statuses.includes(503)
    })
    t.diagnostic('8 of 9')
  })

  found.run.process.kill('SIGTERM')
  assert.equal((await found.run.end()).code, 0)
})
