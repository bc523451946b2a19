// A graph as text for a terminal: each node with the ways that lead out of it.

import { safe } from '../output.ts'
import { edgeLabel, nodeLabel } from './labels.ts'
import type { Graph } from './model.ts'

export function text({ nodes, edges }: Graph): string {
  const names = new Map(nodes.map(({ id, kind, name }) => [id, kind === 'sink' ? `→ ${name}` : name]))
  const blocks = nodes.flatMap(node => {
    const ways = edges.filter(({ from }) => from === node.id)
    if (ways.length === 0 && node.kind !== 'processor' && node.live === undefined) return []
    const [name, ...rest] = nodeLabel(node)
    const head = `${node.kind === 'sink' ? '→ ' : ''}${name}${rest.length === 0 ? '' : `  (${rest.join(', ')})`}`
    const lines = ways.map((way, index) => {
      const label = edgeLabel(way)
      const arrow = way.isAside ? '╌' : '─'
      const branch = `  ${index === ways.length - 1 ? '└' : '├'}${arrow} `
      return `${branch}${names.get(way.to)!}${label === undefined ? '' : `  [${label}]`}`
    })
    return [[head, ...lines].map(safe).join('\n')]
  })
  return blocks.join('\n')
}
