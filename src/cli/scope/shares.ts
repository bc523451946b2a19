// Where the time of processors and sinks goes, last 10 s: parts that add up to 1.

import type { NodeWindow, Processors } from '../../contract/processors.ts'
import type { RunClient } from './client.ts'

export type NodeShares = Pick<NodeWindow, 'busy' | 'waiting' | 'blocked' | 'idle'>

/** By name. Empty for a run of an older Linescope. */
export async function askShares(client: RunClient): Promise<ReadonlyMap<string, NodeShares>> {
  const answer = await client.find<Processors>('/api/v1/processors', 'nodes')
  const shares = new Map<string, NodeShares>()
  for (const { name, windows } of answer?.body.nodes ?? []) {
    const newest = windows.find(({ window }) => window === '10s')
    if (newest === undefined) continue
    const { busy, waiting, blocked, idle } = newest
    shares.set(name, { busy, waiting, blocked, idle })
  }
  return shares
}
