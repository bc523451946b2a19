// What stands in a node and on an edge, as text that is not escaped for anything yet.

import { formatCount, formatNumberOf, formatShare } from '../numbers.ts'
import { formatRate } from '../scope/run-text.ts'
import type { GraphEdge, GraphNode } from './model.ts'

/** Line by line. */
export function nodeLabel({ name, does, live, kind }: GraphNode): string[] {
  const lines = [name, ...(does === undefined ? [] : [does])]
  if (live === undefined) return lines
  lines.push(`${formatCount(live.received)} · ${formatRate(live.lines_per_second)}/s`)
  if (kind === 'processor' && live.share_of_time > 0) lines.push(`${formatShare(live.share_of_time)} of the time`)
  if (live.errors > 0) lines.push(formatNumberOf(live.errors, 'error'))
  return lines
}

export function edgeLabel({ tag, lines }: GraphEdge): string | undefined {
  const count = lines === undefined ? undefined : formatCount(lines)
  if (tag === undefined) return count
  return count === undefined ? tag : `${tag} · ${count}`
}
