// `linescope schema`: the JSON Schema of pipeline files, for editors.

import { Command } from 'commander'

export function schemaCommand(): Command {
  return new Command('schema')
    .description('Print the JSON Schema of pipeline files, for editors.')
    .addHelpText(
      'after',
      '\nName it in the first line of a pipeline:\n  # yaml-language-server: $schema=./pipeline.schema.json'
    )
    .action(async () => {
      const { printSchema } = await import('../print-schema.ts')
      printSchema()
    })
}
