// The one sentence that says what matters now. Most urgent first: no answer, failed, blocked, stale, paused or
// stopping, over, finished, no lines yet, what is wrong, the bottleneck.

import { clock, count, duration, elapsed, moment, rate } from './format.js'

/** A call that has lasted so long is worth a sentence. */
const LONG_CALL_SECONDS = 1
/** A lane that runs gives a sign of life far more often. */
const STALE_SECONDS = 3
/** Something holds the lanes up that could be faster. */
const HOLDS_UP = new Set(['processor', 'calls', 'sink', 'commit', 'dead_letters'])

/**
 * `{ kind, mark, tone, sentence, more, isStale }`; sentences are lists of text and `{ name }` or `{ strong }` parts.
 * `lost`: `{ since, reason }` while the dashboard itself does not answer.
 */
export function voiceOf(stats, lost) {
  if (lost !== undefined) return lostVoice(lost, stats)
  if (stats === undefined) return calm('connecting', ['Asking the engine …'], '')
  if (stats.stored) return overVoice(stats)
  const busiest = [...stats.lanes]
    .filter(lane => lane.busy_processor !== null)
    .sort((a, b) => b.busy_seconds - a.busy_seconds)[0]
  if (stats.state === 'failed') return failedVoice(stats)
  if (busiest !== undefined && busiest.busy_seconds >= LONG_CALL_SECONDS) return blockedVoice(stats, busiest)
  return staleVoice(stats) ?? stateVoice(stats) ?? bottleneckVoice(stats)
}

function lostVoice({ since, reason }, stats) {
  const more = stats === undefined ? reason : `${reason} The numbers below are from ${clock(stats.at)}.`
  return {
    kind: 'lost',
    mark: 'lost',
    tone: 'lost',
    sentence: ['No answer from the engine since ', { strong: clock(since) }, '.'],
    more,
    isStale: true
  }
}

/** Nothing moves any more: what is shown is what the run has left. */
function overVoice(stats) {
  const { committed_at: at, lacking } = stats.stored
  const numbers = at === null ? 'Nothing was committed.' : `The numbers are those of ${moment(at)}.`
  const words = { crashed: 'was killed, or the machine went down', failed: 'failed' }
  const how = words[stats.state]
  const lines = stats.total_lines_processed === 1 ? ' line is processed.' : ' lines are processed.'
  const isBad = how !== undefined
  const others = stats.problems.filter(problem => problem !== stats.stop_reason)
  const reason = stats.state === 'crashed' ? '' : (stats.stop_reason ?? '')
  return {
    kind: 'over',
    mark: isBad ? 'dead' : 'calm',
    tone: isBad ? 'lost' : 'calm',
    sentence: isBad
      ? [`This run is over: it ${how}.`]
      : ['This run is over: ', { strong: count(stats.total_lines_processed) }, lines],
    more: [reason, numbers, ...others, ...lacking].join(' ').trim(),
    isStale: false
  }
}

function failedVoice(stats) {
  const more = stats.stop_reason ?? 'The terminal that it was started in says why.'
  return { kind: 'failed', mark: 'dead', tone: 'lost', sentence: ['The run failed.'], more, isStale: false }
}

function blockedVoice(stats, lane) {
  const where =
    stats.lanes.length > 1 ? ` Lane ${lane.lane} does nothing else meanwhile.` : ' Nothing else runs meanwhile.'
  const age = lane.snapshot_age_seconds ?? 0
  return {
    kind: `blocked ${lane.busy_processor}`,
    mark: 'time',
    tone: 'time',
    sentence: [{ name: lane.busy_processor }, ' has been busy for ', { strong: duration(lane.busy_seconds) }, '.'],
    more: `Since ${clock(lane.busy_since)}.${where}${age >= STALE_SECONDS ? ` Its numbers are ${elapsed(age)} old.` : ''}`,
    isStale: false
  }
}

function staleVoice(stats) {
  if (stats.state !== 'running') return undefined
  const silent = stats.lanes.find(
    lane => lane.state !== 'idle' && lane.state !== 'finished' && (lane.heartbeat_age_seconds ?? 0) >= STALE_SECONDS
  )
  if (silent === undefined) return undefined
  const since = new Date(new Date(stats.at).getTime() - silent.heartbeat_age_seconds * 1000)
  return {
    kind: 'stale',
    mark: 'lost',
    tone: 'lost',
    sentence: ['No answer from the engine since ', { strong: clock(since) }, '.'],
    more: `Lane ${silent.lane} gives no sign of life. Its numbers are ${elapsed(silent.snapshot_age_seconds ?? 0)} old.`,
    isStale: true
  }
}

function stateVoice(stats) {
  const settled = count(stats.total_lines_processed)
  if (stats.state === 'starting') return calm('starting', ['Starting.'], 'The first line has not been read yet.')
  if (stats.state === 'paused')
    return calm('paused', ['Paused.'], stats.stop_reason ?? `${settled} lines are processed.`)
  if (stats.state === 'stopping')
    return calm('stopping', ['Stopping.'], stats.stop_reason ?? 'Lines under way are being finished.')
  if (stats.state === 'finished') {
    const lines = stats.total_lines_processed === 1 ? 'line is' : 'lines are'
    return calm(
      'finished',
      ['All done: ', { strong: settled }, ` ${lines} processed.`],
      stats.stop_reason ?? 'The input was read to its end.'
    )
  }
  if (stats.ledger.entered + stats.ledger.replayed === 0) {
    return calm('empty', ['No lines yet.'], 'The engine waits for the first line of its source.')
  }
  if (stats.problems.length > 0) {
    const more = stats.problems.slice(1).join(' ')
    return {
      kind: `problem ${stats.problems.length}`,
      mark: 'time',
      tone: 'time',
      sentence: [stats.problems[0]],
      more,
      isStale: false
    }
  }
  if (stats.lanes.every(lane => lane.state === 'idle') && stats.rates.entered === 0) {
    return calm('waiting', ['Waiting for lines.'], `${settled} are processed so far.`)
  }
  return undefined
}

/** What the engine found, in its own words: names in it are quoted, and what cannot be seen in them is escaped. */
function bottleneckVoice(stats) {
  const { bottleneck, rates } = stats
  const speed = `${rate(rates.lines)} lines/s`
  if (bottleneck === null) return calm('flowing', ['Running at ', { strong: speed }, '.'], '')
  const nodes = [...stats.processors, ...stats.sinks]
  const p99 = nodes.find(node => node.name === bottleneck.node)?.p99 ?? null
  const more = `${speed} in all.${p99 === null ? '' : ` 99 of 100 of its calls take at most ${duration(p99)}.`}`
  const named = {
    kind: `bottleneck ${bottleneck.kind} ${bottleneck.node ?? ''}`,
    sentence: [bottleneck.sentence],
    more
  }
  return HOLDS_UP.has(bottleneck.kind)
    ? { ...named, mark: 'time', tone: 'time', isStale: false }
    : calm(named.kind, named.sentence, more)
}

function calm(kind, sentence, more) {
  return { kind, mark: 'calm', tone: 'calm', sentence, more, isStale: false }
}
