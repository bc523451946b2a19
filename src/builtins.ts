// The only list of built-in components.

import { discardSink } from './connectors/discard/sink.ts'
import { fileSink } from './connectors/file/sink.ts'
import { fileSource } from './connectors/file/source.ts'
import { folderSource } from './connectors/folder/source.ts'
import { generateSource } from './connectors/generate/source.ts'
import { stdinSource } from './connectors/stdin/source.ts'
import { stdoutSink } from './connectors/stdout/sink.ts'
import { delay } from './processors/delay.ts'
import { fail } from './processors/fail.ts'
import { filter } from './processors/filter.ts'
import { lowercase } from './processors/lowercase.ts'
import { parseJson } from './processors/parse-json.ts'
import { route } from './processors/route.ts'
import { snakecase } from './processors/snakecase.ts'
import { toJson } from './processors/to-json.ts'
import { trim } from './processors/trim.ts'
import { uppercase } from './processors/uppercase.ts'
import type { Registry } from './sdk/registry.ts'

export const builtins: Registry = {
  processors: byName([delay, fail, filter, lowercase, parseJson, route, snakecase, toJson, trim, uppercase]),
  sources: byName([fileSource, folderSource, generateSource, stdinSource]),
  sinks: byName([discardSink, fileSink, stdoutSink])
}

function byName<Component extends { readonly name: string }>(components: readonly Component[]): Map<string, Component> {
  return new Map(components.map(component => [component.name, component]))
}
