import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { bottleneckOf, type Pace } from './bottleneck.ts'
import type { LaneShares, NodeShares } from './time-shares.ts'

interface Parts {
  /** Part of the lane by name; what is left is the engine's. Names that begin with `→` are sinks. */
  readonly nodes?: Readonly<Record<string, number>>
  /** Parts of these that were waiting. */
  readonly awaited?: Readonly<Record<string, number>>
  readonly input?: number
  readonly commit?: number
  readonly deadLetters?: number
  readonly paused?: number
  readonly lines?: number
  readonly seconds?: number
  readonly source?: string
}

/** 10 s in which 29,110 lines a second came through. */
function pace(parts: Parts): Pace {
  const { nodes = {}, input = 0, commit = 0, deadLetters = 0, paused = 0, lines = 291_100, seconds = 10 } = parts
  const rest = [...Object.values(nodes), input, commit, deadLetters, paused].reduce((sum, part) => sum + part, 0)
  const shares: LaneShares = {
    nodes: Object.entries(nodes).map(([name, lane]): NodeShares => {
      const awaited = parts.awaited?.[name] ?? 0
      return { busy: lane - awaited, waiting: awaited, blocked: 0, idle: 1 - lane, lane, awaited }
    }),
    engine: 1 - rest,
    input,
    commit,
    deadLetters,
    paused,
    laneSeconds: seconds
  }
  const described = Object.keys(nodes).map(name => ({ name: name.replace('→', ''), isSink: name.startsWith('→') }))
  return { shares, nodes: described, lanes: 1, lines, source: parts.source ?? 'stdin' }
}

const sentence = (parts: Parts): string | undefined => bottleneckOf(pace(parts))?.sentence

describe('the sentence that says what sets the pace', () => {
  test('names the processor that has the lane, and what is possible until it is faster', () => {
    const found = bottleneckOf(pace({ nodes: { parse: 0.1, enrich: 0.71 } }))

    assert.equal(found?.sentence, '"enrich" takes 71 % of the lane; at most 41,000 lines/s until it is faster.')
    assert.deepEqual([found?.kind, found?.node, found?.share], ['processor', 'enrich', 0.71])
    assert.equal(Math.round(found?.headroom_lines_per_second ?? 0), 41_000)
  })

  test('says of a call that does not return that nothing comes through', () => {
    const found = bottleneckOf(pace({ nodes: { enrich: 1 }, lines: 0 }))

    assert.equal(found?.sentence, '"enrich" takes 100 % of the lane, and no line comes through.')
    assert.equal(found?.headroom_lines_per_second, null)
  })

  test('tells asynchronous calls from code', () => {
    assert.equal(
      sentence({ nodes: { ask: 0.9 }, awaited: { ask: 0.85 } }),
      'The lane waits 90 % of the time for calls of "ask"; at most 32,300 lines/s until they are faster or more of them run at once.'
    )
  })

  test('names a slow sink, whether it blocks the thread or lets it wait', () => {
    assert.equal(
      sentence({ nodes: { a: 0.1, '→end': 0.8 } }),
      'The sink "end" is slow: its writes take 80 % of the lane; at most 36,400 lines/s until it is faster.'
    )
    assert.equal(
      sentence({ nodes: { a: 0.1, '→end': 0.8 }, awaited: { '→end': 0.79 } }),
      'The sink "end" is slow: the lane waits for it 80 % of the time; at most 36,400 lines/s until it is faster.'
    )
  })

  test('says when lines come no faster', () => {
    const found = bottleneckOf(pace({ nodes: { a: 0.1 }, input: 0.75 }))

    assert.equal(
      found?.sentence,
      'Input-limited: the lane waits for stdin 75 % of the time; it could take about 116,000 lines/s.'
    )
    assert.deepEqual([found?.kind, found?.node], ['input', null])
    assert.equal(sentence({ input: 1, lines: 0 }), 'Waits for stdin: no line has come for 10 s.')
  })

  test('says what Linescope itself takes', () => {
    const found = bottleneckOf(pace({ nodes: { a: 0.2, b: 0.1 } }))

    assert.equal(found?.sentence, 'The engine\'s own work takes 70 % of the lane; "a" with 20 % is the largest step.')
    assert.deepEqual([found?.kind, found?.node], ['engine', null])
  })

  test('names no step when none stands out', () => {
    for (const nodes of [
      { a: 0.45, b: 0.4, c: 0.05 },
      { a: 0.3, b: 0.25, c: 0.25 }
    ]) {
      const found = bottleneckOf(pace({ nodes }))
      assert.deepEqual([found?.kind, found?.node], ['spread', null])
    }
    assert.equal(
      sentence({ nodes: { a: 0.45, b: 0.4 } }),
      'No step stands out: the largest is "a" with 45 %, "b" with 40 %; the lane is full at 29,100 lines/s.'
    )
  })

  test('says when commits or dead letters hold the lane up', () => {
    assert.match(sentence({ commit: 0.6 }) ?? '', /^The lane waits 60 % of the time for commits: the disk .* 48,500 /)
    assert.match(sentence({ deadLetters: 0.6 }) ?? '', /^The lane waits 60 % of the time for the dead-letter log; /)
  })

  test('says that a run is paused', () => {
    assert.equal(sentence({ paused: 0.8 }), 'Paused for 80 % of the time.')
  })

  test('says nothing of too short a time, or while nothing has happened', () => {
    assert.equal(sentence({ seconds: 0.05 }), undefined)
    assert.equal(sentence({ seconds: 0 }), undefined)
  })

  test('takes a name for data', () => {
    const odd = 'a" takes\n0 %\u202e'

    assert.equal(
      sentence({ nodes: { [odd]: 1 } }),
      '"a\\" takes\\n0 %\\u{202e}" takes 100 % of the lane; at most 29,100 lines/s until it is faster.'
    )
  })

  test('counts what several lanes could do', () => {
    const one = pace({ nodes: { a: 0.5 }, lines: 1_000 })
    // Two lanes had 10 s together: the run was 5 s long.
    assert.equal(bottleneckOf({ ...one, lanes: 2 })?.headroom_lines_per_second, 400)
  })
})
