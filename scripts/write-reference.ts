// `npm run docs`: writes what documents say about the code, from the code. A test compares, so a document that is behind
// is noticed.
//
// Whole files, and in documents written by hand the parts between `<!-- generated: NAME -->` and `<!-- end -->`.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { ROOT } from './binary.ts'
import { fieldTable, pathTable, readApiDocument, schemaTable } from './reference/answers.ts'
import { connectorsPage, processorsPage } from './reference/components.ts'
import { metricsTable } from './reference/metrics.ts'
import { commonKeys, limitKeys } from './reference/pipeline-keys.ts'

/** Text by path inside the repository. */
export async function references(): Promise<ReadonlyMap<string, string>> {
  const api = await readApiDocument()
  return new Map([
    ['docs/processors.md', await processorsPage()],
    ['docs/connectors.md', connectorsPage()],
    filled('docs/pipeline.md', name => (name === 'limits' ? limitKeys() : commonKeys())),
    filled('docs/metrics.md', metricsTable),
    filled('docs/stream.md', name => schemaTable(api, name)),
    filled('docs/http.md', name => (name === 'paths' ? pathTable(api) : fieldTable(api, name)))
  ])
}

function filled(path: string, make: (name: string) => string): [string, string] {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const part = /^<!-- generated: ([^\n]*) -->\n.*?^<!-- end -->$/gms
  return [path, text.replace(part, (_, name: string) => `<!-- generated: ${name} -->\n\n${make(name)}\n\n<!-- end -->`)]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [path, text] of await references()) writeFileSync(join(ROOT, path), text)
}
