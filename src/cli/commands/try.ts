// `linescope try`: shows what a pipeline makes of some lines, hop by hop, without writing anything.

import { Command } from 'commander'

export function tryCommand(): Command {
  return new Command('try')
    .description("Run lines through everything but the sinks and show each one's way, with its value at every hop.")
    .argument('<pipeline>', 'pipeline file')
    .argument('[line...]', 'lines to try; - or none reads them from stdin')
    .addHelpText('after', "\nExample:\n  linescope try pipeline.yaml 'ERROR disk full' 'all is well'")
    .action(async (pipeline: string, lines: string[]) => {
      const { tryPipeline } = await import('../try-pipeline.ts')
      process.exit(await tryPipeline(pipeline, lines))
    })
}
