// Makes a broken version of one of our files, to see that a test notices. The change is made in the text of the real
// file, so it must be updated when the line it breaks changes: a text that is not there exactly once is an error.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface Change {
  readonly from: string
  readonly to: string
}

const SOURCES = new URL('../../../src/shared-memory/', import.meta.url)

/** URL of the module as it is: `latch/reader.ts`. */
export function sourceUrl(path: string): string {
  return new URL(path, SOURCES).href
}

/** URL of a copy of the module with the changes made; removed after the test. */
export function mutantUrl(t: TestContext, path: string, changes: readonly Change[]): string {
  const url = sourceUrl(path)
  let text = readFileSync(fileURLToPath(url), 'utf8')
  for (const { from, to } of changes) {
    if (text.split(from).length !== 2) throw new Error(`${path} does not contain this exactly once: ${from}`)
    text = text.replace(from, () => to)
  }
  text = text.replace(/from '(\.[^']*)'/g, (_, relative: string) => `from '${new URL(relative, url).href}'`)
  const folder = mkdtempSync(join(tmpdir(), 'linescope-mutant-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'mutant.ts')
  writeFileSync(file, text)
  return pathToFileURL(file).href
}
