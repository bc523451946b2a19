// A graph as a Mermaid flowchart. Names are data: they stand in quoted labels only, never as ids, and of them every
// character but letters, digits and spaces is written as an entity. So `end`, brackets, quotes, `%%`, `#`, a list mark or
// a link of Markdown come out as they are.

import { edgeLabel, nodeLabel } from './labels.ts'
import type { Graph, GraphEdge, GraphNode, GraphNodeKind } from './model.ts'

const SHAPES: Readonly<Record<GraphNodeKind, readonly [string, string]>> = {
  source: ['([', '])'],
  processor: ['[', ']'],
  sink: ['[(', ')]'],
  dropped: ['((', '))'],
  dead_letters: ['[/', '/]'],
  unmatched: ['{{', '}}']
}
const PLAIN = /[^\p{L}\p{N} ]/gu

export function mermaid({ nodes, edges }: Graph): string {
  const asides = nodes.filter(({ kind }) => ['dropped', 'dead_letters', 'unmatched'].includes(kind))
  return [
    'flowchart TD',
    ...nodes.map(node => `  ${nodeText(node)}`),
    ...edges.map(edge => `  ${edgeText(edge)}`),
    ...(asides.length === 0
      ? []
      : [
          '  classDef aside fill:none,stroke-dasharray:4 3',
          `  class ${asides.map(({ id }) => shownId(id)).join(',')} aside`
        ])
  ].join('\n')
}

function nodeText(node: GraphNode): string {
  const [open, close] = SHAPES[node.kind]
  return `${shownId(node.id)}${open}"${nodeLabel(node).map(escaped).join('<br/>')}"${close}`
}

function edgeText(edge: GraphEdge): string {
  const label = edgeLabel(edge)
  const arrow = edge.isAside ? '-.->' : '-->'
  const text = label === undefined ? '' : `|"${escaped(label)}"|`
  return `${shownId(edge.from)} ${arrow}${text} ${shownId(edge.to)}`
}

/** None is a word of Mermaid. */
function shownId(id: string): string {
  return `${id}_`
}

function escaped(text: string): string {
  // Mermaid breaks the line at a backslash with an n, even when both are entities: a space without width parts them.
  return text.replaceAll('\\n', '\\\u200bn').replace(PLAIN, character => `#${character.codePointAt(0)!};`)
}
