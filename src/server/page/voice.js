// The one sentence that says what matters now. Most urgent first: no answer, failed, blocked, stale, paused or
// stopping, finished, no lines yet, the bottleneck.

import { clock, count, duration, elapsed, percent, rate } from './format.js'

/** A call that has lasted so long is worth a sentence. */
const LONG_CALL_SECONDS = 1
/** A lane that runs gives a sign of life far more often. */
const STALE_SECONDS = 3
/** From this share of the lanes' time on, a processor holds up the others. */
const PACE_SHARE = 0.4

/**
 * `{ kind, mark, tone, sentence, more, isStale }`; sentences are lists of text and `{ name }` or `{ strong }` parts.
 * `lost`: `{ since, reason }` while the dashboard itself does not answer.
 */
export function voiceOf(stats, lost) {
  if (lost !== undefined) return lostVoice(lost, stats)
  if (stats === undefined) return calm('connecting', ['Asking the engine …'], '')
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
  if (stats.lanes.every(lane => lane.state === 'idle') && stats.rates.entered === 0) {
    return calm('waiting', ['Waiting for lines.'], `${settled} are processed so far.`)
  }
  return undefined
}

function bottleneckVoice(stats) {
  const { bottleneck, rates } = stats
  const speed = { strong: `${rate(rates.lines)} lines/s` }
  if (bottleneck === null) return calm('flowing', ['Running at ', speed, '.'], '')
  const nodes = [...stats.processors, ...stats.sinks]
  const p99 = nodes.find(node => node.name === bottleneck.processor)?.p99 ?? null
  const calls = p99 === null ? '' : ` 99 of 100 of its calls take at most ${duration(p99)}.`
  const lanes = stats.lanes.length === 1 ? 'the lane’s time' : 'the lanes’ time'
  if (bottleneck.share_of_lanes < PACE_SHARE) {
    const more = `Of ${lanes} that is ${percent(bottleneck.share_of_lanes)}.${calls}`
    const share = { strong: percent(bottleneck.share_of_time) }
    const busiest = [{ name: bottleneck.processor }, ' takes the largest share of the work, ', share, '.']
    return calm('flowing', ['Running at ', speed, '. ', ...busiest], more)
  }
  return {
    kind: `bottleneck ${bottleneck.processor}`,
    mark: 'time',
    tone: 'time',
    sentence: [
      { name: bottleneck.processor },
      ' takes ',
      { strong: percent(bottleneck.share_of_lanes) },
      ` of ${lanes}.`
    ],
    more: `${speed.strong} in all; of the work that is ${percent(bottleneck.share_of_time)}.${calls}`,
    isStale: false
  }
}

function calm(kind, sentence, more) {
  return { kind, mark: 'calm', tone: 'calm', sentence, more, isStale: false }
}
