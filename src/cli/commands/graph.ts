// `linescope graph`: the pipeline as a graph.

import { Command, Option } from 'commander'

import { GRAPH_FORMATS, type GraphArguments } from '../graph/arguments.ts'
import { EXIT_CODES } from '../scope/arguments.ts'
import { endWith } from '../scope/unreachable.ts'

export function graphCommand(): Command {
  return new Command('graph')
    .description('Draw a pipeline: as Mermaid, for Graphviz, as JSON or text.')
    .argument('[pipeline]', 'pipeline file; without it, the bundled demo, or with --live what runs here')
    .addOption(new Option('--format <format>', 'how to write it; mermaid by default').choices([...GRAPH_FORMATS]))
    .option('--live', 'with the lines and rates of a run that is up', false)
    .option('--no-asides', 'without dropped, dead letters and unmatched')
    .option('--state <folder>', 'with --live: where the run keeps its state')
    .option('--url <url>', 'with --live: ask the run whose dashboard is there')
    .option('--token-file <path>', 'file with the token for --url (or set LINESCOPE_TOKEN)')
    .option('--json', 'the same as --format json', false)
    .addHelpText('after', HELP)
    .action(async (pipeline: string | undefined, options: GraphArguments) => {
      const { showGraph } = await import('../graph/show-graph.ts')
      await endWith(() => showGraph(pipeline, options))
    })
}

const HELP = `
Dashed are the ways that lines take when they fail or are left out. Without a run these are the ways that are possible,
with one those that lines took.

Examples:
  linescope graph pipeline.yaml --format dot | dot -Tsvg > pipeline.svg
  linescope graph pipeline.yaml --live --format text
${EXIT_CODES}`
