import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

import { builtins } from '../../builtins.ts'
import { loadPlan } from '../../config/load-plan.ts'
import { dot } from './dot.ts'
import { nodeLabel } from './labels.ts'
import { mermaid } from './mermaid.ts'
import { type Graph, graphOfPlan, withoutAsides } from './model.ts'
import { text } from './text.ts'

const ODD = [
  'end',
  'subgraph',
  'a "quoted" [x](y) {z}',
  '100% #1; <b>&amp;</b>',
  '%%{init}%%',
  '1. list',
  '`code` $x$ **bold** _it_',
  'a\\n"; } \\',
  'style a:b,c;',
  '--> |x|',
  'fa:fa-car',
  '日本語 ünï 🎉',
  '__proto__'
]

/** Each name goes to the next, the last to a sink that is called like a word of Mermaid. */
async function graphOf(names: readonly string[]): Promise<Graph> {
  const processors = names.map((name, index) => {
    const next = JSON.stringify(names[index + 1] ?? 'class')
    return `${JSON.stringify(name)}: { filter: { when: 'line != "x"' }, to: ${next} }`
  })
  const source = `
source: { file: { path: in.log } }
entry: ${JSON.stringify(names[0])}
processors:
  ${processors.join('\n  ')}
sinks: { class: { discard: {} } }
`
  const { plan } = await loadPlan({
    file: 'odd.yaml',
    source,
    registry: builtins,
    currentFolder: import.meta.dirname,
    inputFromCaller: true
  })
  return graphOfPlan(plan, undefined)
}

test('names of every kind come out of Graphviz as they are', async () => {
  const graph = await graphOf(ODD)
  const { stdout, stderr, status } = spawnSync('dot', ['-Tplain'], { input: dot(graph), encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
  assert.equal(stdout.match(/^edge /gm)?.length, graph.edges.length)
  const drawn = spawnSync('dot', ['-Tsvg'], { input: dot(graph), encoding: 'utf8' }).stdout
  const texts = [...drawn.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, shown]) => fromXml(shown))
  for (const name of ODD) assert.ok(texts.includes(name), `${name} in ${JSON.stringify(texts)}`)
  // A label that is not escaped is seen: this is the negative control.
  assert.notEqual(spawnSync('dot', ['-Tplain'], { input: dot(graph).replaceAll('\\"', '"') }).status, 0)
})

test('names of every kind stand in Mermaid as quoted labels of letters and entities only', async () => {
  const graph = await graphOf(ODD)
  const [head, ...lines] = mermaid(graph).split('\n')
  assert.equal(head, 'flowchart TD')
  const label = String.raw`"((?:[\p{L}\p{N} ]|#\d+;|<br/>)*)"`
  const node = new RegExp(String.raw`^  \w+_(?:\(\[|\[\(|\[/|\[|\(\(|\{\{)${label}(?:\]\)|\)\]|/\]|\]|\)\)|\}\})$`, 'u')
  const edge = new RegExp(String.raw`^  \w+_ (?:-->|-\.->)(?:\|${label}\|)? \w+_$`, 'u')
  const labels = lines.slice(0, graph.nodes.length).map(line => {
    const match = node.exec(line)
    assert.ok(match, line)
    return match[1].split('<br/>').map(fromMermaid)
  })
  assert.deepEqual(labels, graph.nodes.map(nodeLabel))
  for (const line of lines.slice(graph.nodes.length, -2)) assert.match(line, edge)
  assert.doesNotMatch('  n0_["a "b""]', node)
})

test('as text each node has its ways below it; dashed ones may be left out', async () => {
  const graph = await graphOf(['start', 'warn'])
  assert.equal(
    text(graph),
    [
      'iterable',
      '  └─ start',
      'start  (filter)',
      '  ├─ warn',
      '  ├╌ dropped',
      '  └╌ dead letters',
      'warn  (filter)',
      '  ├─ → class',
      '  ├╌ dropped',
      '  └╌ dead letters'
    ].join('\n')
  )
  assert.deepEqual(
    withoutAsides(graph).nodes.map(({ name }) => name),
    ['iterable', 'start', 'warn', 'class']
  )
  assert.ok(!mermaid(withoutAsides(graph)).includes('-.->'))
})

/** As Mermaid reads entities; a space without width parts what it would take for a line break. */
function fromMermaid(shown: string): string {
  return shown.replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))).replaceAll('\u200b', '')
}

function fromXml(shown: string): string {
  return shown
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('\u00a0', ' ')
    .replaceAll('&amp;', '&')
}
