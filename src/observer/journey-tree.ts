// The shape of a journey: which visits it made and which visit came from which. A line that was forked is a tree;
// all others are a list.

export interface JourneyLeaf {
  /** Ids of the nodes visited from the entry to the end of this line instance. */
  readonly nodes: readonly number[]
  /** How many leading visits it shares with the leaf before it: the same visits, not others of the same name. */
  readonly forkDepth: number
}

export interface Visit {
  readonly node: number
  /** Index of the visit that the line came from; -1 for the first. */
  readonly parent: number
}

export interface JourneyTree {
  /** Depth first: a visit stands after the one it came from. */
  readonly visits: readonly Visit[]
  /** For each leaf the index of its last visit; -1 when it visited nothing. */
  readonly leafVisits: readonly number[]
}

/** `leaves` stand depth first, as the writer left them. */
export function journeyTree(leaves: readonly JourneyLeaf[]): JourneyTree {
  const visits: Visit[] = []
  const leafVisits: number[] = []
  let way: number[] = []
  for (const { nodes, forkDepth } of leaves) {
    way = way.slice(0, Math.max(0, Math.min(forkDepth, nodes.length)))
    for (const node of nodes.slice(way.length)) {
      visits.push({ node, parent: way.at(-1) ?? -1 })
      way.push(visits.length - 1)
    }
    leafVisits.push(way.at(-1) ?? -1)
  }
  return { visits, leafVisits }
}

/** `start > warn > end`; forked `start > (a > end | b > end)`; empty when nothing was visited. */
export function routeText(tree: JourneyTree, nodeNames: readonly string[]): string {
  const continuations: string[][] = tree.visits.map(() => [])
  const beginnings: string[] = []
  // From the last visit to the first: the texts of all that follow a visit are complete before its own is made.
  for (let index = tree.visits.length - 1; index >= 0; index--) {
    const { node, parent } = tree.visits[index]
    const text = joined(nodeNames[node] ?? '?', continuations[index].reverse())
    if (parent < 0) beginnings.push(text)
    else continuations[parent].push(text)
  }
  return beginnings.length <= 1 ? (beginnings[0] ?? '') : `(${beginnings.reverse().join(' | ')})`
}

function joined(name: string, continuations: readonly string[]): string {
  if (continuations.length === 0) return name
  return continuations.length === 1 ? `${name} > ${continuations[0]}` : `${name} > (${continuations.join(' | ')})`
}
