// `linescope validate`: says everything that is wrong with a pipeline, without running it.

import { Command } from 'commander'

export function validateCommand(): Command {
  return new Command('validate')
    .description('Check a pipeline: every mistake with file, line, column and what to do.')
    .argument('<pipeline>', 'pipeline file')
    .action(async (pipeline: string) => {
      const { validatePipeline } = await import('../validate-pipeline.ts')
      process.exit(await validatePipeline(pipeline))
    })
}
