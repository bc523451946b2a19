// The order in which a batch visits the processors: strongly connected components in topological order.
//
// A component of one processor without an edge to itself is a plain step. Any other is a cycle: its processors are
// visited round after round until no line is left in it.

export interface Step {
  readonly nodes: readonly number[]
  readonly isCycle: boolean
}

/** Tarjan's algorithm; `edges[node]` lists the processors that it sends lines to. Entry first, ends last. */
export function planSteps(edges: readonly (readonly number[])[]): Step[] {
  const count = edges.length
  const order = new Int32Array(count).fill(-1)
  const low = new Int32Array(count)
  const onStack = new Uint8Array(count)
  const stack: number[] = []
  const steps: Step[] = []
  let visited = 0

  // Iterative, so that a chain of 10,000 processors does not overflow the stack.
  for (let root = 0; root < count; root++) {
    if (order[root] !== -1) continue
    const work: { node: number; next: number }[] = [{ node: root, next: 0 }]
    while (work.length > 0) {
      const frame = work[work.length - 1]
      const { node } = frame
      if (frame.next === 0) {
        order[node] = low[node] = visited++
        stack.push(node)
        onStack[node] = 1
      }
      const target = edges[node][frame.next]
      if (target !== undefined) {
        frame.next++
        if (order[target] === -1) work.push({ node: target, next: 0 })
        else if (onStack[target] === 1) low[node] = Math.min(low[node], order[target])
        continue
      }
      work.pop()
      const parent = work[work.length - 1]
      if (parent !== undefined) low[parent.node] = Math.min(low[parent.node], low[node])
      if (low[node] === order[node]) {
        const nodes: number[] = []
        let member: number
        do {
          member = stack.pop()!
          onStack[member] = 0
          nodes.push(member)
        } while (member !== node)
        nodes.sort((a, b) => a - b)
        steps.push({ nodes, isCycle: nodes.length > 1 || edges[node].includes(node) })
      }
    }
  }
  return steps.reverse()
}
