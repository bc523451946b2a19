import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { OWN_FOLDER } from '../base/own-files.ts'
import type { ErrorRecord } from '../shared-memory/index.ts'
import { ErrorGroups } from './error-groups.ts'
import { topUserFrame } from './error-stack.ts'
import { delivered, observe } from './observe-recording-fixtures.ts'
import type { RecentError } from './recent-error.ts'
import { createReveal } from './reveal.ts'

const OWN = pathToFileURL(join(OWN_FOLDER, 'engine', 'call.ts')).href
const STACK = (message: string, line = 4): string =>
  `Error: ${message}\n    at parse (file:///srv/app/steps.ts:${line}:9)\n    at file:///srv/app/node_modules/x/y.js:1:1\n` +
  `    at run (${OWN}:10:5)\n    at process.processTicksAndRejections (node:internal/process/task_queues:104:5)`

function failing(text: string, message: string, stack = STACK(message), isFinal = true) {
  return { ...delivered(text, [0, 1]), errors: [{ node: 0, message, stack, isFinal }] }
}

describe('errors of one kind', () => {
  test('are one group, whatever numbers, ids, addresses and paths they name', async t => {
    const messages = [
      'no 7 of "a" at /var/log/a.log for bob@example.com 123e4567-e89b-12d3-a456-426614174000 0xff https://x.org/1',
      'no 12.5 of "b c" at ./b for al@example.org 00000000-e89b-12d3-a456-426614174000 0x1 http://y.org/2?q'
    ]
    const { observer } = await observe(t, {
      lines: messages.map((message, index) => failing(`line ${index}`, message))
    })
    const { groups, processors } = observer.errorGroups({ sort: 'count', limit: 10 })
    assert.equal(groups.length, 1, JSON.stringify(groups))
    assert.equal(groups[0].count, 2)
    assert.equal(groups[0].final, 2)
    assert.equal(groups[0].at_code, 'at parse (file:///srv/app/steps.ts:4:9)')
    assert.deepEqual(processors, [{ processor: 'general', errors: 2, not_grouped: 0 }])
    const detail = observer.errorGroup(groups[0].id)!
    assert.deepEqual(
      detail.sample_errors.map(({ line, line_number }) => [line, line_number]),
      [
        ['line 0', 1],
        ['line 1', 2]
      ]
    )
    assert.match(detail.sample_errors[0].trace_id, /^0:0$/)
  })

  test('are several groups by class, words and place in the code, and by processor', async t => {
    const lines = [
      failing('a', 'no code'),
      failing('b', 'no key'),
      failing('c', 'no code', STACK('no code', 77)),
      { ...delivered('d', [0, 1]), errors: [{ node: 1, message: 'no code', stack: STACK('no code') }] },
      {
        ...delivered('e', [0, 1]),
        errors: [{ node: 0, name: 'TypeError', message: 'no code', stack: STACK('no code') }]
      },
      failing('f', 'no code', STACK('no code'), false)
    ]
    const { observer } = await observe(t, { processors: ['general', 'second'], lines })
    const { groups, found } = observer.errorGroups({ sort: 'count', limit: 2 })
    assert.equal(found, 5)
    assert.deepEqual([groups.length, groups[0].count, groups[0].final], [2, 2, 1])
    assert.equal(observer.errorGroups({ sort: 'count', limit: 10, processor: 'second' }).found, 1)
    assert.equal(observer.errorGroups({ sort: 'count', limit: 10, text: 'key' }).found, 1)
    assert.equal(observer.errorGroups({ sort: 'last_at', limit: 10 }).groups.length, 5)
    assert.equal(observer.errorGroup('0000'), undefined)
  })

  test('have ids without secrets, and a search does not find these', async t => {
    const at = 'Error: x\n    at parse (file:///srv/app/steps.ts:4:9)'
    const lines = [failing('a', 'bad password=hunter2', at), failing('b', 'bad password=other77', at)]
    const { observer } = await observe(t, { lines })
    const { groups } = observer.errorGroups({ sort: 'count', limit: 10 })
    assert.deepEqual([groups.length, groups[0].message], [1, 'bad password=***'])
    assert.equal(observer.errorGroups({ sort: 'count', limit: 10, text: 'other77' }).found, 0)
  })
})

describe('a stack', () => {
  test('ends with the last frame of the user, and is there in full where it is asked for', async t => {
    const { observer } = await observe(t, { lines: [failing('a', 'no code')] })
    const [error] = observer.errors(1).errors
    assert.equal(error.stack, STACK('no code').split('\n').slice(0, 3).join('\n'))
    assert.equal(error.stack_frames_hidden, 2)
    assert.equal(observer.errors(1, true).errors[0].stack, STACK('no code'))
  })

  test('of a message that looks like frames has the real frame on top', () => {
    const message = 'x\n    at fake (file:///srv/other.ts:1:1)'
    assert.equal(topUserFrame(record(message, STACK(message)).record), 'at parse (file:///srv/app/steps.ts:4:9)')
    assert.equal(topUserFrame(record('x', `Error: x\n    at run (${OWN}:10:5)`).record), undefined)
  })
})

describe('a flood of different errors', () => {
  const isLong = process.env['LINESCOPE_LONG'] === '1'
  const count = isLong ? 1_000_000 : 20_000

  test('leaves memory bounded, no count lost, and the frequent kinds known', () => {
    const groups = new ErrorGroups(createReveal(), ['general'])
    const before = heapBytes()
    for (let index = 0; index < count; index++) {
      groups.add(record(`unknown ${wordOf(index)}`, ''))
      if (index % 100 === 0) groups.add(record('common', ''))
    }
    const listed = groups.list()
    const counted = listed.reduce((sum, group) => sum + group.count, 0)
    assert.equal(counted + groups.forgottenErrors, count + count / 100)
    assert.equal(groups.forgotten, count + 1 - listed.length)
    assert.deepEqual([listed[0].kind, listed[0].count], ['common', count / 100])
    assert.ok(listed.length <= 601, `${listed.length} groups`)
    assert.ok(listed[0].samples().length <= 7)
    assert.ok(heapBytes() - before < 40 * 2 ** 20, `${heapBytes() - before} bytes`)
  })

  test('of long lines keeps to its bytes', () => {
    const groups = new ErrorGroups(createReveal(), ['general'])
    const stack = 's'.repeat(8_000)
    for (let index = 0; index < 6_000; index++)
      groups.add(record(`unknown ${wordOf(index % 3_000)}`, stack, 'l'.repeat(4_000)))
    const bytes = groups.list().reduce((sum, group) => sum + group.samples().length * 12_000, 0)
    assert.ok(bytes <= 17 * 2 ** 20, `${bytes} bytes`)
    assert.ok(groups.forgotten > 0)
  })
})

/** Letters only: no two are of one kind. */
function wordOf(index: number): string {
  return [...String(index)].map(digit => 'ghijklmnop'[Number(digit)]).join('')
}

function heapBytes(): number {
  return process.memoryUsage().heapUsed + process.memoryUsage().external
}

const LANE = {
  unixMilliseconds: (time: number) => time,
  paths: { nodesOf: () => [] }
} as unknown as RecentError['lane']

function record(message: string, stack: string, line = 'line'): RecentError {
  const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
  const made: Partial<ErrorRecord> = {
    node: 0,
    attempt: 1,
    isFinal: true,
    path: 0,
    count: 1,
    atMilliseconds: 1_000,
    name: bytes('Error'),
    message: bytes(message),
    stack: bytes(stack),
    line: bytes(line)
  }
  return { lane: LANE, record: made as ErrorRecord }
}
