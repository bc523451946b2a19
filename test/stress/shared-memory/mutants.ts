// Makes a broken version of one of our files, to see that a test notices. The change is made in the text of the real
// file, so it must be updated when the line it breaks changes: a text that is not there exactly once is an error.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface Change {
  readonly from: string
  readonly to: string
}

/** A fault, said so that it ends the name of a test. */
export interface Mutant<File extends string = string> {
  readonly what: string
  readonly file: File
  readonly changes: readonly Change[]
}

const SOURCES = new URL('../../../src/shared-memory/', import.meta.url)

/** URL of the module as it is: `latch/reader.ts`. */
function sourceUrl(path: string): string {
  return new URL(path, SOURCES).href
}

/** URL of the room's folder as it is. */
export const ROOM: string = SOURCES.href

/** URL of a copy of the module with the changes made; removed after the test. */
export function mutantUrl(t: TestContext, path: string, changes: readonly Change[]): string {
  const url = sourceUrl(path)
  const text = changed(path, changes).replace(
    /from '(\.[^']*)'/g,
    (_, relative: string) => `from '${new URL(relative, url).href}'`
  )
  const file = join(temporaryFolder(t), 'mutant.ts')
  writeFileSync(file, text)
  return pathToFileURL(file).href
}

/** URL of a copy of the whole room's folder with the changes made in one of its files; removed after the test. */
export function mutantRoom(t: TestContext, path: string, changes: readonly Change[]): string {
  const folder = temporaryFolder(t)
  cpSync(fileURLToPath(SOURCES), folder, { recursive: true })
  writeFileSync(join(folder, path), changed(path, changes))
  return pathToFileURL(`${folder}/`).href
}

function changed(path: string, changes: readonly Change[]): string {
  let text = readFileSync(fileURLToPath(sourceUrl(path)), 'utf8')
  for (const { from, to } of changes) {
    if (text.split(from).length !== 2) throw new Error(`${path} does not contain this exactly once: ${from}`)
    text = text.replace(from, () => to)
  }
  return text
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-mutant-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
