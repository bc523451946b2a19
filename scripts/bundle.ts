// What the published package runs: each entry in one file with what it imports, packages included. A start takes a third
// less CPU time so than when each module is a file to be found, read and linked. With the page, and the demo.

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, relative, sep } from 'node:path'

import { rolldown } from 'rolldown'

import { ROOT } from './binary.ts'

// Loaded by their address: what npm knows, the command, the threads, and the loop that each processor has of its own.
const ENTRIES = [
  'index',
  'testing/index',
  'cli/linescope',
  'threads/lane',
  'threads/dashboard',
  'threads/letters',
  'threads/store',
  'engine/hot-loop',
  'engine/hot-loop-traced'
]

// Loaded with the first question for the documentation; one of them hands out files of its own.
const NOT_BUNDLED = ['@fastify/swagger', '@fastify/swagger-ui', 'fastify-type-provider-zod']

const DEMO = join(ROOT, 'examples', 'demo')

/** Writes the entries of src/ to the folder, under the names that they have there, and what they read. */
export async function bundle(folder: string): Promise<void> {
  const build = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(ENTRIES.map(entry => [entry, join(ROOT, 'src', `${entry}.ts`)])),
    platform: 'node',
    external: NOT_BUNDLED,
    logLevel: 'warn'
  })
  const { output } = await build.write({
    dir: folder,
    format: 'esm',
    chunkFileNames: 'shared/[name].js'
  })
  await build.close()
  const modules = output.flatMap(file => (file.type === 'chunk' ? file.moduleIds : []))
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licencesOf(modules))
  copyPage(folder)
  compileDemo(folder)
}

/** What the dashboard hands out as it is. */
function copyPage(to: string): void {
  const folder = join('server', 'page')
  cpSync(join(ROOT, 'src', folder), join(to, folder), { recursive: true, filter: path => !path.endsWith('.ts') })
}

/** The demo is read as a user's own pipeline is, so its processors are a module beside it. */
function compileDemo(to: string): void {
  const folder = join(to, 'examples', 'demo')
  mkdirSync(folder, { recursive: true })
  const pipeline = readFileSync(join(DEMO, 'pipeline.yaml'), 'utf8')
  writeFileSync(join(folder, 'pipeline.yaml'), pipeline.replaceAll('./processors.ts#', './processors.js#'))
  const processors = readFileSync(join(DEMO, 'processors.ts'), 'utf8')
  writeFileSync(join(folder, 'processors.js'), stripTypeScriptTypes(processors))
}

/** The licence of every package that a module comes from: their terms ask that it goes with the code. */
function licencesOf(modules: readonly string[]): string {
  const prefix = `${join(ROOT, 'node_modules')}${sep}`
  const packages = new Set<string>()
  for (const module of modules) {
    if (!module.startsWith(prefix)) continue
    const [scope, name] = relative(prefix, module).split(sep)
    packages.add(scope.startsWith('@') ? `${scope}/${name}` : scope)
  }
  return [...packages]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

function licenceOf(packageName: string): string {
  const folder = join(ROOT, 'node_modules', packageName)
  const description = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>
  const file = readdirSync(folder).find(name => /^licen[cs]e/i.test(name))
  const text =
    file === undefined ? `Licence: ${String(description['license'])}\n` : readFileSync(join(folder, file), 'utf8')
  return `${packageName} ${String(description['version'])}\n\n${text}`
}
