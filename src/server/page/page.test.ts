import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

// Modules of the browser, which have no types.
// biome-ignore lint/suspicious/noExplicitAny: what a module without types exports.
const load = async (file: string): Promise<any> => await import(new URL(file, import.meta.url).href)
const { bytes, count, duration, elapsed, percent, rate, visible } = await load('./format.js')
const { voiceOf } = await load('./voice.js')

describe('numbers on the page', () => {
  test('have three significant digits and a unit that fits', () => {
    const cases: [number | null, string][] = [
      [null, '–'],
      [0, '0 s'],
      [5e-9, '5.00 ns'],
      [1.2e-6, '1.20 µs'],
      [412e-6, '412 µs'],
      [0.000_999_7, '1.00 ms'],
      [0.031, '31.0 ms'],
      [1, '1.00 s'],
      [59.97, '59 s'],
      [303, '5 min 03 s'],
      [8_040, '2 h 14 min']
    ]
    for (const [seconds, text] of cases) assert.equal(duration(seconds), text)
    assert.equal(elapsed(273_600), '3 d 4 h')
  })

  test('never call something nothing', () => {
    assert.equal(percent(0), '0 %')
    assert.equal(percent(0.000_001), '< 0.1 %')
    assert.equal(percent(0.063), '6.3 %')
    assert.equal(percent(0.71), '71 %')
    assert.equal(rate(0), '0')
    assert.equal(rate(0.1), '0.10')
    assert.equal(rate(41_180.4), '41,180')
    assert.equal(count(12_481_904), '12,481,904')
    assert.equal(bytes(999), '999 B')
    assert.equal(bytes(1_590_000_000), '1.59 GB')
  })

  test('show characters that cannot be seen or turn text around [A15]', () => {
    assert.equal(visible('a\tb\u0000c\u007f'), 'a␉b␀c␡')
    assert.equal(visible('exe.\u202efdp\u200b'), 'exe.‹U+202E›fdp‹U+200B›')
    assert.equal(visible('grün 日本 🙂'), 'grün 日本 🙂')
  })
})

const LANE = {
  lane: 0,
  state: 'running',
  busy_processor: null,
  busy_seconds: null,
  busy_since: null,
  snapshot_age_seconds: 0.05,
  heartbeat_age_seconds: 0.05
}
const STATS = {
  at: '2026-01-02T03:04:05.000Z',
  state: 'running',
  stop_reason: null,
  total_lines_processed: 3,
  ledger: { entered: 3, replayed: 0 },
  rates: { lines: 10, entered: 10 },
  problems: [],
  bottleneck: {
    kind: 'processor',
    node: 'slow',
    sentence: '"slow" takes 71 % of the lane; at most 14 lines/s until it is faster.'
  },
  processors: [{ name: 'slow', p99: 0.002 }],
  sinks: [],
  lanes: [LANE]
}
const text = (voice: { sentence: (string | { name?: string; strong?: string })[] }): string =>
  voice.sentence.map(part => (typeof part === 'string' ? part : (part.name ?? part.strong))).join('')

describe('the sentence on the page', () => {
  test('names the bottleneck when a processor holds the lane up', () => {
    const voice = voiceOf(STATS)

    assert.equal(text(voice), STATS.bottleneck.sentence)
    assert.equal(voice.tone, 'time')
    assert.equal(voice.more, '10.0 lines/s in all. 99 of 100 of its calls take at most 2.00 ms.')
  })

  test('is calm while nothing could be made faster', () => {
    const bottleneck = { kind: 'input', node: null, sentence: 'Input-limited: the lane waits for stdin.' }

    const voice = voiceOf({ ...STATS, bottleneck })

    assert.equal(text(voice), bottleneck.sentence)
    assert.equal(voice.tone, 'calm')
  })

  test('says of what a run has left that it is over, and how it ended', () => {
    const stored = { state_folder: 's', committed_at: '2026-11-24T23:18:03.008Z', lacking: ['Ways are not known.'] }
    const reason = 'It was killed.'

    const crashed = voiceOf({
      ...STATS,
      state: 'crashed',
      stop_reason: reason,
      problems: [reason, 'No database.'],
      stored
    })
    const finished = voiceOf({ ...STATS, state: 'finished', stored })

    assert.equal(text(crashed), 'This run is over: it was killed, or the machine went down.')
    assert.match(crashed.more, /^The numbers are those of 2026-11-2\d .*\. No database\. Ways are not known\.$/)
    assert.deepEqual([text(finished), finished.tone], ['This run is over: 3 lines are processed.', 'calm'])
  })

  test('says what is wrong before what is slow', () => {
    const problems = ['No line has come from stdin for 30 s; usually one comes at least every second.']
    const lanes = [{ ...LANE, state: 'idle' }]

    assert.equal(text(voiceOf({ ...STATS, problems, lanes })), problems[0])
  })

  test('names the processor that has been busy for long, before anything else', () => {
    const busy = { ...LANE, busy_processor: 'stuck', busy_seconds: 4.2, busy_since: STATS.at, snapshot_age_seconds: 4 }

    assert.equal(text(voiceOf({ ...STATS, lanes: [LANE, busy] })), 'stuck has been busy for 4.20 s.')
  })

  test('says since when the engine gives no answer', () => {
    const silent = { ...LANE, heartbeat_age_seconds: 60, snapshot_age_seconds: 60 }

    const voice = voiceOf({ ...STATS, lanes: [silent] })

    assert.match(text(voice), /^No answer from the engine since \d\d:03:05\.$/)
    assert.equal(voice.isStale, true)
  })

  test('does not take waiting or an end for silence', () => {
    const silent = { ...LANE, heartbeat_age_seconds: 60 }
    const idle = { ...STATS, rates: { lines: 0, entered: 0 }, lanes: [{ ...silent, state: 'idle' }] }

    assert.equal(text(voiceOf(idle)), 'Waiting for lines.')
    assert.match(text(voiceOf({ ...STATS, state: 'finished', lanes: [silent] })), /^All done: 3 lines are processed\.$/)
  })

  test('says that the dashboard does not answer, with or without numbers', () => {
    const lost = { since: new Date(STATS.at), reason: 'The process may have ended.' }

    assert.match(text(voiceOf(STATS, lost)), /^No answer from the engine since/)
    assert.match(voiceOf(STATS, lost).more, /The numbers below are from/)
    assert.equal(voiceOf(undefined, lost).more, 'The process may have ended.')
  })

  test('says that there are no lines yet', () => {
    assert.equal(text(voiceOf({ ...STATS, ledger: { entered: 0, replayed: 0 } })), 'No lines yet.')
  })
})
