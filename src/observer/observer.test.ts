import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { recoverLane } from '../shared-memory/index.ts'
import { delivered, describePipeline, observe, regionFor } from './observe-recording-fixtures.ts'
import { Observer } from './observer.ts'
import { KEPT_JOURNEYS } from './recent-journeys.ts'
import { RecordingLane } from './recording-lane-fixtures.ts'
import { createReveal } from './reveal.ts'

/** Ids of the plan that most tests use: a start that routes to two processors, one sink. */
const NAMES = { processors: ['start', 'a', 'b'], sinks: ['end'] }
const [START, A, B, END] = [0, 1, 2, 3]

describe('stats', () => {
  test('show every declared name with 0 before the first line', async t => {
    const { observer } = await observe(t, { ...NAMES })

    const stats = observer.stats()

    assert.deepEqual(stats.lines_processed_by_each_processor.entries, [
      ['start', 0],
      ['a', 0],
      ['b', 0],
      ['end', 0]
    ])
    assert.equal(stats.total_lines_processed, 0)
    assert.equal(stats.total_processing_time, 0)
    assert.equal(stats.total_errors, 0)
    assert.deepEqual(stats.processors[0]?.p50, null)
  })

  test('count lines, seconds and failed tries', async t => {
    const lines = [
      { text: 'one', leaves: [{ nodes: [START, A, END], outcome: 'delivered' as const }], nanoseconds: 1e8 },
      {
        text: 'two',
        leaves: [{ nodes: [START], outcome: 'dead' as const }],
        errors: [{ node: START, message: 'no' }],
        nanoseconds: 1e8
      }
    ]
    const { observer } = await observe(t, { ...NAMES, lines })

    const stats = observer.stats()

    assert.equal(stats.total_lines_processed, 2)
    assert.equal(stats.total_errors, 1)
    // Time in the sink is no time in processors.
    assert.ok(Math.abs(stats.total_processing_time - 0.3) < 1e-9)
    assert.deepEqual(Object.fromEntries(stats.lines_processed_by_each_processor.entries), {
      start: 2,
      a: 1,
      b: 0,
      end: 1
    })
    assert.equal(stats.processors[START]?.dead, 1)
    assert.ok(Math.abs(stats.processors[A].p99! - 0.1) < 0.1 * 0.033)
    assert.equal(stats.sinks[0]?.delivered, 1)
  })

  test('have a ledger that adds up, over several lanes too', async t => {
    const lines = [
      delivered('x', [START, A, END]),
      {
        text: 'forked',
        leaves: [
          { nodes: [START, A, END], outcome: 'delivered' as const },
          { nodes: [START, B], outcome: 'dropped' as const, forkDepth: 1 }
        ]
      }
    ]
    const { observer } = await observe(t, { ...NAMES, lanes: [{ lines }, { lines }] })

    assert.deepEqual(observer.stats().ledger, {
      entered: 4,
      replayed: 0,
      forked: 2,
      delivered: 4,
      dropped: 2,
      dead: 0,
      unmatched: 0,
      joined: 0,
      in_flight: 0,
      unaccounted: 0
    })
  })

  test('say how many lines are missing when one is lost', async t => {
    const { observer } = await observe(t, { ...NAMES, lanes: [{ lines: [delivered('x', [START, END])], loses: 1 }] })

    assert.equal(observer.stats().ledger.unaccounted, 1)
    assert.equal(observer.health().status, 'failing')
    assert.match(observer.health().problems[0], /1 line is unaccounted for/)
  })

  test('name the processor that has the thread, and since when', async t => {
    const before = Date.now()
    const { observer } = await observe(t, { ...NAMES, lanes: [{ hangIn: B }] })
    await new Promise(resolve => setTimeout(resolve, 120))

    const stats = observer.stats()
    const [lane] = stats.lanes

    assert.equal(lane?.busy_processor, 'b')
    assert.ok(lane.busy_seconds! >= 0.1, `busy for ${lane.busy_seconds}`)
    const since = Date.parse(lane.busy_since!)
    assert.ok(since >= before && since <= Date.now(), `since ${lane.busy_since}`)
    assert.equal(stats.processors[B]?.busy_since, lane.busy_since)
    assert.equal(stats.processors[A]?.busy_since, null)
    // A call that has not returned is where the time goes.
    assert.equal(stats.bottleneck?.node, 'b')
    assert.match(stats.bottleneck?.sentence ?? '', /^"b" takes (9\d|100) % of the lane, and no line comes through\.$/)
  })

  test('list the lines that wait, with their place and their try', async t => {
    const waits = {
      sourceNumber: 0,
      offset: 40,
      lineNumber: 3,
      node: A,
      attempt: 2,
      sinceMilliseconds: 0,
      isParked: true
    }
    const { observer } = await observe(t, { ...NAMES, lanes: [{ waiting: [waits] }] })

    const [line] = observer.stats().in_flight

    assert.equal(line?.id, '0:40')
    assert.equal(line?.processor, 'a')
    assert.equal(line?.file, 'input.log')
    assert.equal(line?.line_number, 3)
    assert.equal(line?.attempt, 2)
    assert.equal(line?.is_waiting, true)
    assert.ok(line.seconds > 0)
    assert.equal(observer.stats().ledger.unaccounted, 0)
  })

  test('take the state from the lanes until main knows better', async t => {
    const { observer } = await observe(t, { ...NAMES, lanes: [{ state: 'idle' }, { state: 'running' }] })
    assert.equal(observer.state(), 'running')

    observer.setStatus({ state: 'stopping', stopReason: 'Ctrl-C' })

    assert.equal(observer.state(), 'stopping')
    assert.equal(observer.stats().stop_reason, 'Ctrl-C')
    observer.setStatus({ exitCode: 130 })
    assert.equal(observer.stats().stop_reason, 'Ctrl-C')
    assert.equal(observer.stats().exit_code, 130)
  })
})

describe('paths', () => {
  test('are counted by lane and joined by name, the most frequent first', async t => {
    // The lanes meet the two ways in opposite order, so that their numbers differ.
    const first = [delivered('x', [START, A, END]), delivered('x', [START, B, END])]
    const second = [delivered('x', [START, B, END])]
    const { observer } = await observe(t, { ...NAMES, lanes: [{ lines: first }, { lines: second }] })

    const { paths, other, distinct } = observer.paths(1)

    assert.deepEqual(
      paths.map(({ path, lines, delivered: arrived }) => ({ path, lines, arrived })),
      [{ path: ['start', 'b', 'end'], lines: 2, arrived: 2 }]
    )
    assert.equal(other.paths, 1)
    assert.equal(other.lines, 1)
    assert.equal(distinct, 2)
  })

  test('are counted without tracing', async t => {
    const { observer } = await observe(t, { ...NAMES, trace: false, lines: [delivered('x', [START, A, END])] })

    assert.deepEqual(observer.stats().paths[0]?.path, ['start', 'a', 'end'])
  })
})

describe('traces', () => {
  test('show each line with its place, its way and its outcome, oldest first', async t => {
    const lines = [
      delivered('first', [START, A, END]),
      { text: 'second', leaves: [{ nodes: [START, B], outcome: 'dropped' as const, reason: 'too old' }] }
    ]
    const { observer } = await observe(t, { ...NAMES, lines })

    const { recent_traces, traces, tracing, recorded } = observer.traces(100)

    assert.deepEqual(recent_traces, ['start > a > end', 'start > b'])
    assert.equal(tracing, true)
    assert.equal(recorded, 2)
    const [first, second] = traces
    assert.equal(first?.id, '0:0')
    assert.equal(first?.line, 'first')
    assert.equal(first?.file, 'input.log')
    assert.deepEqual(first?.path, ['start', 'a', 'end'])
    assert.equal(first?.outcome, 'delivered')
    const { processor, parent, outcome, started_at, duration, value } = first.hops[2]
    assert.deepEqual([processor, parent, outcome], ['end', 1, 'delivered'])
    // It was not kept.
    assert.deepEqual([started_at, duration, value, first?.reasons], [null, null, null, null])
    assert.equal(second?.id, '0:6')
    assert.equal(second?.line_number, 2)
    assert.equal(second?.outcome, 'dropped')
    assert.equal(second?.reason, 'too old')
  })

  test('write a forked line with its ways in parentheses and take its worst outcome', async t => {
    const lines = [
      {
        text: 'x',
        leaves: [
          { nodes: [START, A, END], outcome: 'delivered' as const },
          { nodes: [START, B], outcome: 'dead' as const, forkDepth: 1 }
        ],
        errors: [{ node: B, message: 'no' }]
      }
    ]
    const { observer } = await observe(t, { ...NAMES, lines })

    const [trace] = observer.traces(1).traces

    assert.equal(trace?.route, 'start > (a > end | b)')
    assert.deepEqual(trace?.path, ['start', 'a', 'end', 'b'])
    assert.deepEqual(trace?.leaves, [
      { id: trace?.id, hop: 2, outcome: 'delivered', reason: null },
      { id: `${trace?.id}.1`, hop: 3, outcome: 'dead', reason: null }
    ])
    assert.equal(trace?.outcome, 'dead')
    assert.equal(trace?.had_errors, true)
  })

  test('keep the newest thousand of many, and answer with as many as were asked for', async t => {
    const lines = Array.from({ length: 3_500 }, (_, index) => delivered(`line ${index}`, [START, END]))
    const { observer } = await observe(t, { ...NAMES, lines })

    const all = observer.traces(1_000).traces
    assert.equal(all.length, KEPT_JOURNEYS)
    assert.equal(all[0]?.line, 'line 2500')
    assert.equal(all.at(-1)?.line, 'line 3499')
    assert.deepEqual(
      observer.traces(2).traces.map(trace => trace.line),
      ['line 3498', 'line 3499']
    )
  })

  test('show what is not UTF-8 as U+FFFD and a cut line as cut', async t => {
    const lines = [
      delivered(Uint8Array.of(0x61, 0xff, 0x62), [START, END]),
      delivered('y'.repeat(20_000), [START, END])
    ]
    const { observer } = await observe(t, { ...NAMES, lines })

    const [broken, long] = observer.traces(2).traces

    assert.equal(broken?.line, 'a\ufffdb')
    assert.equal(broken?.line_bytes, 3)
    assert.equal(long?.line_is_cut, true)
    assert.equal(long?.line_bytes, 20_000)
    assert.equal(long?.line.length, 4_096)
  })

  test('take a byte order mark for text anywhere but at the beginning of the source', async t => {
    const lines = ['\ufeffone', '\ufefftwo'].map(text => ({
      text,
      leaves: [{ nodes: [START], outcome: 'dead' as const }],
      errors: [{ node: START, message: 'no' }]
    }))
    const { observer } = await observe(t, { ...NAMES, lines })

    assert.deepEqual(
      observer.traces(2).traces.map(trace => [trace.line, trace.line_bytes]),
      [
        ['one', 3],
        ['\ufefftwo', 6]
      ]
    )
    assert.deepEqual(
      observer.errors(2).errors.map(error => error.line),
      ['one', '\ufefftwo']
    )
  })

  test('forget what a lane that died takes back, also when it was shown already', async () => {
    const pipeline = describePipeline(NAMES.processors, NAMES.sinks)
    const region = regionFor(pipeline, true)
    const lane = new RecordingLane(region)
    const observer = new Observer({ pipeline, regions: [region], reveal: createReveal(), version: '1' })
    lane.record([delivered('settled', [START, END])])
    lane.publish('running')
    lane.record([delivered('not in a snapshot', [START, END])])
    lane.handOverJourneys()
    assert.equal(observer.traces(10).traces.length, 2)

    recoverLane(region, lane.control.epoch)
    // Journeys are read afresh when the last look is older than a few milliseconds.
    await new Promise(resolve => setTimeout(resolve, 20))

    assert.deepEqual(
      observer.traces(10).traces.map(trace => trace.line),
      ['settled']
    )
  })

  test('are empty without tracing and say how to turn it on', async t => {
    const { observer } = await observe(t, { ...NAMES, trace: false, lines: [delivered('x', [START, END])] })

    const traces = observer.traces(100)

    assert.deepEqual(traces.recent_traces, [])
    assert.deepEqual(traces.traces, [])
    assert.equal(traces.tracing, false)
    assert.match(traces.hint!, /--trace/)
  })
})

describe('errors', () => {
  test('name the processor, the message, the line and its place, oldest first', async t => {
    const lines = [
      delivered('fine', [START, A, END]),
      {
        text: 'bad',
        leaves: [{ nodes: [START, A], outcome: 'dead' as const }],
        errors: [
          { node: A, message: 'first try', isFinal: false },
          { node: A, name: 'TypeError', message: 'second try', stack: 'TypeError: second try\n    at x', attempt: 2 }
        ]
      }
    ]
    const { observer } = await observe(t, { ...NAMES, lines })

    const { recent_errors, errors, total_errors } = observer.errors(100)

    assert.deepEqual(recent_errors, ['first try', 'second try'])
    assert.equal(total_errors, 2)
    const { at, ...second } = errors[1]
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000)
    assert.deepEqual(second, {
      processor: 'a',
      name: 'TypeError',
      message: 'second try',
      line: 'bad',
      line_is_cut: false,
      file: 'input.log',
      line_number: 2,
      trace_id: '0:5',
      replay_of: null,
      path: [],
      attempt: 2,
      is_final: true,
      stack: 'TypeError: second try\n    at x',
      stack_frames_hidden: 0
    })
    assert.equal(errors[0]?.stack, null)
  })

  test('are grouped by what they say, numbers and quoted parts aside', async t => {
    const failing = (message: string, node = A) => ({
      text: message,
      leaves: [{ nodes: [START, node], outcome: 'dead' as const }],
      errors: [{ node, message }]
    })
    const lines = [
      failing('took 31 ms for "a"'),
      failing('took 7.5 ms for "b"'),
      failing('took 7 ms for "b"', B),
      failing('no')
    ]
    const { observer } = await observe(t, { ...NAMES, lines })

    const { groups } = observer.errors(1)

    assert.deepEqual(
      groups.map(({ processor, message, count, final }) => ({ processor, message, count, final })),
      [
        { processor: 'a', message: 'took 7.5 ms for "b"', count: 2, final: 2 },
        { processor: 'b', message: 'took 7 ms for "b"', count: 1, final: 1 },
        { processor: 'a', message: 'no', count: 1, final: 1 }
      ]
    )
  })

  test('never show a masked value, in lines, messages, stacks, reasons or cut ends', async t => {
    const secret = 'hunter2-token'
    const lines = [
      {
        text: `password=${secret}`,
        leaves: [{ nodes: [START, A], outcome: 'dropped' as const, reason: `has ${secret}` }],
        errors: [{ node: A, message: `bad ${secret}`, stack: `Error: bad ${secret}\n at y` }]
      },
      delivered(`${'z'.repeat(4_096 - 8)}${secret}${'z'.repeat(20_000)}`, [START, END])
    ]
    const { observer } = await observe(t, { ...NAMES, lines, secrets: [secret] })

    const answers = JSON.stringify([observer.errors(100), observer.traces(100)])

    assert.doesNotMatch(answers, /hunter2/)
    assert.match(answers, /password=\*\*\*/)
  })
})
