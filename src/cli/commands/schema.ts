// `linescope schema`: the JSON Schema of pipeline files, for editors.

import { Command } from 'commander'

import { builtins } from '../../builtins.ts'
import { pipelineJsonSchema } from '../../config/json-schema.ts'
import { print } from '../output.ts'

export function schemaCommand(): Command {
  return new Command('schema')
    .description('Print the JSON Schema of pipeline files, for editors.')
    .addHelpText(
      'after',
      '\nName it in the first line of a pipeline:\n  # yaml-language-server: $schema=./pipeline.schema.json'
    )
    .action(() => {
      print(JSON.stringify(pipelineJsonSchema(builtins), null, 2))
    })
}
