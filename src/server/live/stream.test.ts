import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { z } from 'zod'

import {
  STREAM_TOPICS,
  StreamErrorsSchema,
  type StreamGap,
  StreamGapSchema,
  StreamHealthSchema,
  StreamJourneysSchema,
  StreamStatsSchema
} from '../../contract/stream.ts'
import { delivered, describePipeline, regionFor } from '../../observer/observe-recording-fixtures.ts'
import { Observer } from '../../observer/observer.ts'
import { type RecordedLine, RecordingLane } from '../../observer/recording-lane-fixtures.ts'
import { createReveal } from '../../observer/reveal.ts'
import { LIMITS } from '../limits.ts'
import { listen } from '../listen.ts'
import { buildServer } from '../server.ts'
import { get, sendRaw } from '../server-fixtures.ts'
import type { HubLimits } from './hub.ts'
import { type ReadEvent, readStream, readUntil } from './stream-client-fixtures.ts'

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  stats: StreamStatsSchema,
  errors: StreamErrorsSchema,
  journeys: StreamJourneysSchema,
  health: StreamHealthSchema,
  gap: StreamGapSchema
}
const FAST = { ...LIMITS, streamIntervalMilliseconds: 20 }
const FAILED: RecordedLine = {
  text: 'bad',
  leaves: [{ nodes: [0], outcome: 'dead' }],
  errors: [{ node: 0, message: 'no '.repeat(400), stack: 'Error: no' }]
}

async function serve(t: TestContext, limits: HubLimits = FAST, processors: readonly string[] = ['general']) {
  const pipeline = describePipeline(processors, ['end'])
  const region = regionFor(pipeline, true)
  const lane = new RecordingLane(region)
  lane.publish('running')
  const observer = new Observer({ pipeline, regions: [region], reveal: createReveal(['hunter22']), version: '1.2.3' })
  observer.start()
  const app = buildServer({
    observer,
    host: '127.0.0.1',
    allowHosts: [],
    token: undefined,
    version: '1.2.3',
    streamLimits: limits
  })
  const listening = await listen(app, { host: '127.0.0.1', port: 0 })
  t.after(async () => {
    observer.stop()
    await listening.close()
  })
  const open = async (query = '', headers: Record<string, string> = {}) => {
    const client = new AbortController()
    t.after(() => client.abort())
    const response = await fetch(`${listening.url}/api/v1/stream${query}`, { headers, signal: client.signal })
    return { response, events: readStream(response), leave: () => client.abort() }
  }
  const clients = async (): Promise<number> => {
    const text = await (await fetch(`${listening.url}/metrics`)).text()
    return Number(/^linescope_stream_clients (\d+)$/m.exec(text)![1])
  }
  return { ...listening, lane, open, clients }
}

function has(...names: readonly string[]): (events: readonly ReadEvent[]) => boolean {
  return events => names.every(name => events.some(({ event }) => event === name))
}

describe('the live stream', () => {
  test('tells at once how things are, then what is new, as described', async t => {
    const { lane, open } = await serve(t)
    const { events } = await open()
    const first = await readUntil(events, has('stats', 'health'))
    lane.record([delivered('password hunter22', [0, 1]), FAILED, FAILED])
    lane.publish('running')
    const then = await readUntil(events, has('stats', 'errors', 'journeys'))

    for (const { event, data } of [...first, ...then]) if (event !== '') SCHEMAS[event].parse(data)
    const dataOf = (name: string) => then.find(({ event }) => event === name)!.data as Record<string, unknown>
    assert.deepEqual([dataOf('errors')['shown'], dataOf('errors')['of']], [2, 2])
    assert.deepEqual([dataOf('journeys')['shown'], dataOf('journeys')['of']], [3, 3])
    assert.match(JSON.stringify(dataOf('journeys')), /"line":"password \*\*\*"/)
    assert.doesNotMatch(JSON.stringify(then), /hunter22/)
    const [{ message }] = dataOf('errors')['errors'] as { message: string }[]
    assert.equal(message.length, 500)
    const ids = [...first, ...then].flatMap(({ id }) => (id === undefined ? [] : [Number(id.split('-')[1])]))
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b)
    )
  })

  test('tells of health only when it changes, and says what the last line was worth', async t => {
    const { lane, open } = await serve(t)
    const { events } = await open('?topics=health,stats')
    const before = await readUntil(events, read => read.filter(({ event }) => event === 'stats').length === 4)
    assert.equal(before.filter(({ event }) => event === 'health').length, 1)
    lane.publish('finished')
    const after = await readUntil(events, has('health'))
    assert.equal((after.at(-1)!.data as { state: string }).state, 'finished')
  })

  test('tells of the topics that were asked for, and refuses others', async t => {
    const { url, lane, open } = await serve(t)
    const { events } = await open('?topics=errors')
    lane.record([delivered('x', [0, 1]), FAILED])
    lane.publish('running')
    const read = await readUntil(events, has('errors'))
    assert.deepEqual(new Set(read.map(({ event }) => event)), new Set(['', 'errors']))

    const refused = await fetch(`${url}/api/v1/stream?topics=errors,weather`)
    assert.equal(refused.status, 400)
    assert.match(await refused.text(), new RegExp(`"bad_topics".*${STREAM_TOPICS.join(', ')}`))
    const head = await fetch(`${url}/api/v1/stream`, { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'text/event-stream; charset=utf-8'])
  })

  test('shows that the connection lives', async t => {
    const { open } = await serve(t, { ...LIMITS, streamHeartbeatMilliseconds: 20 })
    const { response } = await open('?topics=errors')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes(': here\n\n')) text += (await reader.read()).value
    assert.match(text, /^retry: \d+\n\n/)
  })

  test('drops what a slow reader does not take, tells it how much, and lets nobody else wait', async t => {
    const names = Array.from({ length: 200 }, (_, number) => `${number}`.padEnd(60, 'x'))
    const maximum = 256 * 1024
    const limits = { ...LIMITS, streamIntervalMilliseconds: 3, streamQueuedBytes: maximum }
    const { port, url, open } = await serve(t, limits, names)
    const slow = connect(port, '127.0.0.1').pause()
    await once(slow, 'connect')
    slow.write('GET /api/v1/stream?topics=stats HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const { events } = await open('?topics=stats')
    const dropped = async (): Promise<number> => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return Number(/^linescope_stream_dropped_events_total (\d+)$/m.exec(text)![1])
    }
    let read = 0
    let last = 0
    while ((await dropped()) < 20) {
      const [event] = await readUntil(events, seen => seen.length === 1)
      assert.notEqual(event.event, 'gap')
      if (event.event !== 'stats') continue
      const number = Number(event.id!.split('-')[1])
      assert.ok(last === 0 || number === last + 1, `${number} after ${last}`)
      last = number
      read++
    }
    assert.ok(read > 0)

    let text = ''
    slow.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    slow.resume()
    while (!/event: gap\ndata: \{.*\}\n/.test(text)) await sleep(5)
    slow.destroy()
    const gap = JSON.parse(/event: gap\ndata: (\{.*\})\n/.exec(text)![1]) as StreamGap
    assert.ok(gap.dropped_events >= 20 && gap.reason === 'slow', JSON.stringify(gap))
    assert.ok(gap.dropped_bytes! > maximum / 2, `${gap.dropped_bytes}`)
  })

  test('takes so many clients and no more, until one of them leaves, however it does', async t => {
    const { port, open, clients } = await serve(t, { ...FAST, streams: 3 })
    const opened = [await open(), await open(), await open()]
    const refused = await sendRaw(port, get('/api/v1/stream', ['Host: localhost']))
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5'])
    assert.equal(JSON.parse(refused.body).error, 'too_many_streams')

    opened[1].leave()
    while ((await clients()) !== 2) await sleep(5)
    const vanishing = connect(port, '127.0.0.1').on('error', () => undefined)
    await once(vanishing, 'connect')
    vanishing.write('GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(vanishing, 'data')
    assert.equal(await clients(), 3)
    vanishing.resetAndDestroy()
    while ((await clients()) !== 2) await sleep(5)
  })

  test('tells who comes back how many events there were meanwhile', async t => {
    const { open } = await serve(t)
    const first = await open('?topics=stats')
    const [, event] = await readUntil(first.events, seen => seen.length === 2)
    await readUntil(first.events, seen => seen.length === 3)
    const again = await open('?topics=stats', { 'last-event-id': event.id! })
    const [, gap] = await readUntil(again.events, seen => seen.length === 2)
    assert.equal(gap.event, 'gap')
    const { dropped_events, dropped_bytes, reason } = StreamGapSchema.parse(gap.data)
    assert.ok(dropped_events >= 3)
    assert.deepEqual([dropped_bytes, reason], [null, 'away'])

    for (const id of ['nonsense', 'other-1', `${event.id}x`, '']) {
      const other = await open('?topics=stats', { 'last-event-id': id })
      assert.ok(!has('gap')(await readUntil(other.events, seen => seen.length === 2)), id)
    }
  })

  test('does not hold the end of the dashboard up', async t => {
    const server = await serve(t)
    const { events } = await server.open()
    await readUntil(events, has('stats'))
    await server.close()
  })
})
