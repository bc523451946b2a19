// Holds src/ to the import table: which room may import which, and which words only some may write.

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'

import {
  DEBTS,
  type Debt,
  IMPORT_TABLE,
  PACKAGE_TABLE,
  type Permission,
  TEST_IMPORTS,
  WORD_RULES
} from './import-table.ts'
import { type Import, importsOf } from './source-imports.ts'
import { tokenize } from './source-lexer.ts'

export interface SourceFile {
  /** Inside src, with slashes: `engine/plan.ts`. */
  readonly path: string
  readonly text: string
}

/** One sentence for each fault; none when all is well. */
export function checkImports(files: readonly SourceFile[], debts: readonly Debt[] = DEBTS): string[] {
  const paid = new Set(debts)
  const faults = files.flatMap(file => [
    ...importsOf(file.text).flatMap(found => {
      const fault = importFault(file.path, found)
      if (fault === undefined) return []
      const debt = debts.find(({ file: from, imports }) => from === file.path && imports === target(file.path, found))
      if (debt === undefined) return [`src/${file.path}:${found.line}: ${fault}`]
      paid.delete(debt)
      return []
    }),
    ...wordFaults(file)
  ])
  for (const debt of paid)
    faults.push(`scripts/import-table.ts: the debt of ${debt.file} is paid; take it off the list`)
  return faults
}

/** All TypeScript files under a folder, with their text. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => path.endsWith('.ts'))
    .sort()
    .map(path => ({ path, text: readFileSync(join(folder, path), 'utf8') }))
}

function importFault(from: string, found: Import): string | undefined {
  const room = roomOf(from)
  const isTest = from.endsWith('.test.ts')
  const allowed = IMPORT_TABLE[room]
  if (allowed === undefined) return `the room "${room}" is not in the import table`
  if (!found.specifier.startsWith('.')) return isTest ? undefined : packageFault(room, found)

  const path = target(from, found)
  if (path.startsWith('../')) {
    return isTest && path.startsWith('../test/') ? undefined : `${found.specifier} lies outside src`
  }
  const to = roomOf(path)
  if (to === room || (isTest && TEST_IMPORTS.includes(to))) return undefined

  const permissions = allowed.map(entry => (typeof entry === 'string' ? { room: entry } : entry))
  const permission: Permission | undefined = permissions.find(entry => entry.room === to)
  if (permission === undefined) return `${room} may not import ${to}`
  const inside = path.slice(to.length + 1)
  if (permission.only?.test(inside) === false || permission.except?.test(inside) === true) {
    return `${room} may not import ${path}, only other parts of ${to}`
  }
  if (permission.typesOnly === true && !found.isType) return `${room} may import only types from ${path}`
  return undefined
}

function packageFault(room: string, { specifier }: Import): string | undefined {
  const allowed = PACKAGE_TABLE[room]
  const name = specifier.startsWith('node:') ? 'node:' : specifier
  if (allowed === undefined || allowed.includes(name)) return undefined
  return `${room} may not import ${specifier}`
}

function wordFaults({ path, text }: SourceFile): string[] {
  const tokens = tokenize(text)
  const room = roomOf(path)
  const isTest = path.endsWith('.test.ts')
  return WORD_RULES.filter(rule => !rule.rooms.includes(room) && !(isTest && rule.isAllowedInTests)).flatMap(rule =>
    tokens
      .filter((token, index) => {
        if (token.kind !== 'name' || tokens[index - 1]?.text === '.') return false
        return rule.words.every((word, offset) => tokens[index + offset]?.text === word)
      })
      .map(token => {
        const where = rule.rooms.length === 0 ? 'nothing' : `only ${rule.rooms.join(' and ')}`
        return `src/${path}:${token.line}: ${where} may write ${rule.words.join('')}: ${rule.reason}`
      })
  )
}

function roomOf(path: string): string {
  return path.split('/', 1)[0]
}

function target(from: string, { specifier }: Import): string {
  return posix.join(posix.dirname(from), specifier)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = checkImports(readSources(join(import.meta.dirname, '..', 'src')))
  process.stderr.write(faults.map(fault => `${fault}\n`).join(''))
  process.exitCode = faults.length === 0 ? 0 : 1
}
