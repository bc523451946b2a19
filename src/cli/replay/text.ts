// Replays as text for people, 80 columns wide.

import type { Replay, ReplayPreview } from '../../contract/replay.ts'
import { EXIT } from '../exit-codes.ts'
import { formatCount, formatNumberOf, formatShare } from '../numbers.ts'
import { safe } from '../output.ts'

type Refused = Replay['refused']

export function describeReplay(replay: Replay): string {
  const { total, done } = replay
  const name = replay.name === replay.selection ? '' : ` "${safe(replay.name)}"`
  const reason = replay.reason === null ? '' : `: ${safe(replay.reason)}`
  const lines = [
    `Replay ${replay.replay}${name}: ${replay.state}${reason}`,
    `  letters   ${formatCount(done)} of ${formatCount(total)}${total > 0 && done < total ? ` (${formatShare(done / total)})` : ''}: ${safe(replay.selection)}`,
    `  outcome   ${outcomeText(replay)}`
  ]
  if (replay.is_edited) lines.push('  edited    yes')
  if (replay.from === 'start') lines.push('  from      start: the original line')
  if (replay.lines_per_second !== null) lines.push(`  limit     ${formatCount(replay.lines_per_second)} lines/s`)
  if (replay.stop_at_errors !== null) lines.push(`  stops     at more than ${replay.stop_at_errors} % of errors`)
  lines.push(`  by        ${safe(replay.by)}, ${replay.created_at}`)
  lines.push(...describeRefused(replay.refused))
  return lines.join('\n')
}

export function outcomeText(replay: Replay): string {
  const failed = replay.dead + replay.unmatched
  const parts = [
    `${formatCount(replay.delivered)} delivered`,
    ...(replay.dropped > 0 ? [`${formatCount(replay.dropped)} dropped`] : []),
    `${formatCount(failed)} failed again`,
    ...(replay.same_line > 0 ? [`${formatCount(replay.same_line)} of the same lines`] : []),
    ...(replay.refused.length > 0 ? [`${formatCount(sum(replay.refused))} refused`] : [])
  ]
  return parts.join(', ')
}

export function describePreview(preview: ReplayPreview): string {
  const refused = sum(preview.refused)
  const going = preview.selected - refused - preview.same_line
  const lines = [`${formatNumberOf(going, 'dead letter')} would be replayed.`]
  if (preview.same_line > 0) {
    lines.push(`${formatNumberOf(preview.same_line, 'letter')} more of the same lines would be done with them.`)
  }
  if (preview.replayed_before > 0) {
    lines.push(`${formatNumberOf(preview.replayed_before, 'letter')} were replayed before; --force takes them, too.`)
  }
  if (preview.config_changed > 0) {
    lines.push(`${formatNumberOf(preview.config_changed, 'letter')} failed under another configuration than now.`)
  }
  return [...lines, ...describeRefused(preview.refused)].join('\n')
}

function describeRefused(refused: Refused): string[] {
  if (refused.length === 0) return []
  return [
    `${formatNumberOf(sum(refused), 'letter')} cannot be replayed and ${sum(refused) === 1 ? 'stays' : 'stay'}:`,
    ...refused.map(({ count, reason }) => `  ${formatCount(count)}  ${reason}`)
  ]
}

export function progressText(replay: Replay): string {
  return `replay ${replay.replay} · ${formatCount(replay.done)} of ${formatCount(replay.total)} · ${outcomeText(replay)}`
}

/** Of a replay that is waited for. */
export function replayExitCode(replay: Replay, failOnDead: boolean): number {
  if (replay.state !== 'done') return EXIT.failed
  return failOnDead && replay.dead + replay.unmatched > 0 ? EXIT.dead : EXIT.done
}

function sum(refused: Refused): number {
  return refused.reduce((total, { count }) => total + count, 0)
}
