import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { LANE, NODE, NODE_OFFSET } from '../../shared-memory/index.ts'
import { delivered, laneOf, observe } from '../observe-recording-fixtures.ts'
import { BOUNDS } from './durations.ts'
import type { Family } from './family.ts'
import { writeMetrics } from './write.ts'

const NAMES = { processors: ['start', 'a'], sinks: ['end'] }
const FAILED = {
  text: 'secret text',
  leaves: [{ nodes: [0, 1], outcome: 'dead' as const }],
  errors: [{ node: 1, message: 'no' }]
}

function valueIn(text: string, sample: string): number {
  const line = text.split('\n').find(each => each.startsWith(`${sample} `))
  assert.ok(line !== undefined, `${sample} is not in\n${text}`)
  return Number(line.slice(sample.length + 1).split(' ')[0])
}

describe('metrics', () => {
  test('have every declared name from the start, at 0', async t => {
    const { observer } = await observe(t, NAMES)
    const text = writeMetrics(observer.metrics(false), 'text')

    for (const sample of [
      'linescope_entered_lines_total',
      'linescope_replayed_lines_total',
      'linescope_processor_received_lines_total{processor="start",from="",tag=""}',
      'linescope_processor_emitted_lines_total{processor="a",tag="end",to="end"}',
      'linescope_processor_errors_total{processor="end",stage="sending"}',
      'linescope_discarded_lines_total{processor="a"}',
      'linescope_unmatched_lines_total{processor="a"}',
      'linescope_dead_letter_lines_total{processor="a"}',
      'linescope_ended_lines_total{end="end"}',
      'linescope_processor_service_seconds_count{processor="a"}',
      'linescope_end_to_end_seconds_bucket{source="input",le="+Inf"}',
      'linescope_unaccounted_lines{pipeline="test pipeline"}',
      'linescope_journeys_written_total'
    ]) {
      assert.equal(valueIn(text, sample), 0, sample)
    }
  })

  test('count settled lines, of all lanes together', async t => {
    const lines = [delivered('x', [0, 1, 2]), delivered('y', [0, 2]), FAILED]
    const { observer } = await observe(t, { ...NAMES, lanes: [{ lines }, { lines }] })
    const text = writeMetrics(observer.metrics(false), 'text')

    assert.equal(valueIn(text, 'linescope_entered_lines_total'), 6)
    assert.equal(valueIn(text, 'linescope_ended_lines_total{end="end"}'), 4)
    assert.equal(valueIn(text, 'linescope_dead_letter_lines_total{processor="a"}'), 2)
    assert.equal(valueIn(text, 'linescope_processor_errors_total{processor="a",stage="processing"}'), 2)
    assert.equal(valueIn(text, 'linescope_end_to_end_seconds_count{source="input"}'), 6)
  })

  test('do not count what may yet run again: lines of a batch that is still open', t => {
    const { lane, observer } = laneOf(t, NAMES)
    lane.record([delivered('x', [0, 1, 2])])
    lane.publish('running')
    lane.values[LANE.entered] += 5
    lane.values[NODE_OFFSET + NODE.received] += 5
    const text = writeMetrics(observer.metrics(false), 'text')

    assert.equal(valueIn(text, 'linescope_entered_lines_total'), 1)
    assert.equal(valueIn(text, 'linescope_processor_emitted_lines_total{processor="a",tag="end",to="end"}'), 1)
  })

  test('never fall when a lane that died goes back to a snapshot, and go on when it has passed it', t => {
    const { lane, observer } = laneOf(t, NAMES)
    const ended = (): number => {
      observer.poll()
      return valueIn(writeMetrics(observer.metrics(false), 'text'), 'linescope_ended_lines_total{end="end"}')
    }
    const before = Float64Array.from(lane.values)
    const seen: number[] = []
    lane.record([delivered('x', [0, 2]), delivered('y', [0, 2])])
    lane.publish('running')
    seen.push(ended())
    lane.values.set(before)
    lane.publish('starting')
    seen.push(ended())
    assert.equal(observer.stats().ledger.delivered, 0)
    lane.record([delivered('x', [0, 2]), delivered('y', [0, 2]), delivered('z', [0, 2])])
    lane.publish('running')
    seen.push(ended())

    assert.deepEqual(seen, [2, 2, 3])
  })

  test('name journeys as exemplars in OpenMetrics alone, and never what a line holds', async t => {
    const { observer } = await observe(t, { ...NAMES, lines: [delivered('secret text', [0, 2]), FAILED] })
    observer.traces(1)
    const open = writeMetrics(observer.metrics(true), 'openmetrics')
    const text = writeMetrics(observer.metrics(false), 'text')

    assert.match(
      open,
      /^linescope_end_to_end_seconds_bucket\{source="input",le="\S+"\} \d+ # \{trace_id="0:12"\} \S+ \d+/m
    )
    assert.match(open, /^linescope_processor_errors_total\{processor="a",\S+\} 1 # \{trace_id="0:12"\} 1 \d+/m)
    assert.doesNotMatch(text, /trace_id/)
    for (const each of [open, text]) assert.doesNotMatch(each, /secret/)
  })
})

describe('the buckets of durations', () => {
  test('hold each line in the first bucket that is not shorter, within the 3.2 % of the histogram', async t => {
    const seconds = [0.00004, 0.0003, 0.07, 2, 3_000]
    const lines = seconds.map(second => ({ ...delivered('x', [0, 1]), nanoseconds: second * 1e9 }))
    const { observer } = await observe(t, { processors: ['a'], lines })
    const family = observer.metrics(false).find(({ name }) => name === 'linescope_processor_service_seconds')
    assert.ok(family?.type === 'histogram')
    const [{ buckets, count, sum }] = family.samples

    for (const [index, bound] of BOUNDS.entries()) {
      assert.equal(buckets[index].count, seconds.filter(second => second <= bound).length, `le ${bound}`)
    }
    assert.equal(count, 5)
    assert.ok(Math.abs(sum / seconds.reduce((all, second) => all + second, 0) - 1) < 1e-9, `${sum}`)
  })
})

describe('the writer', () => {
  const families: Family[] = [
    {
      name: 'x_things_total',
      type: 'counter',
      help: 'Says "what" it is:\na \\ and more.',
      createdUnixSeconds: 12.5,
      samples: [
        { labels: { name: '__proto__' }, value: 1 },
        {
          labels: { name: 'a "quote" \\ back\nline \ud800' },
          value: 2,
          exemplar: { journeyId: '0:1', value: 1, unixSeconds: 3 }
        },
        { labels: { name: '__proto__' }, value: 4 }
      ]
    },
    { name: 'x_info', type: 'info', help: 'About.', samples: [{ labels: {}, value: 1 }] }
  ]

  test('writes the text format', () => {
    assert.equal(
      writeMetrics(families, 'text'),
      [
        '# HELP x_things_total Says "what" it is:\\na \\\\ and more.',
        '# TYPE x_things_total counter',
        'x_things_total{name="__proto__"} 5',
        'x_things_total{name="a \\"quote\\" \\\\ back\\nline \ufffd"} 2',
        '# HELP x_info About.',
        '# TYPE x_info gauge',
        'x_info 1',
        ''
      ].join('\n')
    )
  })

  test('writes OpenMetrics', () => {
    assert.equal(
      writeMetrics(families, 'openmetrics'),
      [
        '# HELP x_things Says \\"what\\" it is:\\na \\\\ and more.',
        '# TYPE x_things counter',
        'x_things_total{name="__proto__"} 5',
        'x_things_created{name="__proto__"} 12.5',
        'x_things_total{name="a \\"quote\\" \\\\ back\\nline \ufffd"} 2 # {trace_id="0:1"} 1 3',
        'x_things_created{name="a \\"quote\\" \\\\ back\\nline \ufffd"} 12.5',
        '# HELP x About.',
        '# TYPE x info',
        'x_info 1',
        '# EOF',
        ''
      ].join('\n')
    )
  })

  test('writes bounds as Go does', () => {
    const buckets = BOUNDS.map(bound => ({ bound, count: 0 }))
    const text = writeMetrics(
      [{ name: 'x_seconds', type: 'histogram', help: 'x', samples: [{ labels: {}, buckets, count: 0, sum: 0 }] }],
      'openmetrics'
    )
    const bounds = [...text.matchAll(/le="([^"]+)"/g)].map(([, bound]) => bound)
    assert.deepEqual(bounds.slice(0, 3), ['5e-05', '0.0001', '0.00025'])
    assert.deepEqual(bounds.slice(-4), ['10.0', '30.0', '60.0', '+Inf'])
  })
})
