// `linescope graph`: the pipeline as a graph, from its file, and with the numbers of a run.

import { UserError } from '../../base/user-error.ts'
import { builtins } from '../../builtins.ts'
import { loadPlan } from '../../config/load-plan.ts'
import type { Stats } from '../../contract/stats.ts'
import { DEMO } from '../demo.ts'
import { EXIT } from '../exit-codes.ts'
import { print, printError, safe } from '../output.ts'
import { findRunning } from '../scope/find-run.ts'
import { printJson } from '../scope/json-output.ts'
import type { GraphArguments } from './arguments.ts'
import { dot } from './dot.ts'
import { mermaid } from './mermaid.ts'
import { type Graph, graphOfPlan, graphOfStats, withoutAsides } from './model.ts'
import { text } from './text.ts'

export async function showGraph(pipeline: string | undefined, options: GraphArguments): Promise<number> {
  const { live, url, state, tokenFile, json, format = json ? 'json' : 'mermaid' } = options
  if (json && format !== 'json') throw new UserError(`--json and --format ${format} exclude each other`)
  const isOfRun = [url, state, tokenFile].some(given => given !== undefined)
  if (isOfRun && !live) throw new UserError('--url, --token-file and --state name a run: they go with --live')
  const whole = await graphOf(pipeline, options)
  const graph = options.asides ? whole : withoutAsides(whole)
  if (format === 'json') printJson(graphJson(graph))
  else if (format === 'text') print(text(graph))
  // For programs, but a terminal may be looking: no name may move its cursor.
  else print((format === 'dot' ? dot : mermaid)(escapedNames(graph)))
  return EXIT.done
}

async function graphOf(pipeline: string | undefined, options: GraphArguments): Promise<Graph> {
  const stats = options.live ? await liveStats(pipeline, options) : undefined
  // The run's own pipeline, unless a file is named: it may have been started with another one.
  if (pipeline === undefined && stats !== undefined) return graphOfStats(stats)
  const { plan } = await loadPlan({ file: pipeline ?? DEMO, registry: builtins, currentFolder: process.cwd() })
  for (const warning of plan.warnings) printError(safe(`warning: ${warning}`))
  return graphOfPlan(plan, stats)
}

async function liveStats(pipeline: string | undefined, options: GraphArguments): Promise<Stats> {
  const client = await findRunning(options.url === undefined ? pipeline : undefined, options, 'its numbers are')
  return (await client.get<Stats>('/stats', 'ledger')).body
}

function escapedNames({ nodes, edges, ...graph }: Graph): Graph {
  const clean = (name: string | undefined): string | undefined => (name === undefined ? undefined : safe(name))
  return {
    ...graph,
    name: safe(graph.name),
    nodes: nodes.map(node => ({ ...node, name: safe(node.name), does: clean(node.does) })),
    edges: edges.map(edge => ({ ...edge, tag: clean(edge.tag) }))
  }
}

function graphJson({ name, nodes, edges, at }: Graph): object {
  return {
    name,
    at: at ?? null,
    nodes: nodes.map(({ does, live, ...node }) => ({ ...node, does: does ?? null, live: live ?? null })),
    edges: edges.map(({ from, to, tag, isAside, lines }) => ({
      from,
      to,
      tag: tag ?? null,
      is_aside: isAside,
      lines: lines ?? null
    }))
  }
}
