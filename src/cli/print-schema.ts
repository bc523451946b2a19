// What `linescope schema` does.

import { builtins } from '../builtins.ts'
import { pipelineJsonSchema } from '../config/json-schema.ts'
import { print } from './output.ts'

export function printSchema(): void {
  print(JSON.stringify(pipelineJsonSchema(builtins), null, 2))
}
