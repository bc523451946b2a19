// A graph in the language of Graphviz. Names are data: they stand in quoted labels only, where quotes, backslashes and the
// `&` of an entity are escaped.

import { edgeLabel, nodeLabel } from './labels.ts'
import type { Graph, GraphEdge, GraphNode, GraphNodeKind } from './model.ts'

const SHAPES: Readonly<Record<GraphNodeKind, string>> = {
  source: 'shape=oval',
  processor: 'shape=box, style=rounded',
  sink: 'shape=cylinder',
  dropped: 'shape=oval, style=dashed',
  dead_letters: 'shape=note, style=dashed',
  unmatched: 'shape=diamond, style=dashed'
}

export function dot({ name, nodes, edges }: Graph): string {
  return [
    `digraph ${quoted([name])} {`,
    '  graph [charset="UTF-8", rankdir=TB]',
    '  node [fontname="sans-serif", fontsize=11]',
    '  edge [fontname="sans-serif", fontsize=9]',
    ...nodes.map(node => `  ${nodeText(node)}`),
    ...edges.map(edge => `  ${edgeText(edge)}`),
    '}'
  ].join('\n')
}

function nodeText(node: GraphNode): string {
  return `${quoted([node.id])} [label=${quoted(nodeLabel(node))}, ${SHAPES[node.kind]}]`
}

function edgeText(edge: GraphEdge): string {
  const label = edgeLabel(edge)
  const attributes = [
    ...(label === undefined ? [] : [`label=${quoted([label])}`]),
    ...(edge.isAside ? ['style=dashed'] : [])
  ]
  const text = `${quoted([edge.from])} -> ${quoted([edge.to])}`
  return attributes.length === 0 ? text : `${text} [${attributes.join(', ')}]`
}

function quoted(lines: readonly string[]): string {
  const escaped = lines.map(line => line.replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"'))
  return `"${escaped.join('\\n')}"`
}
