// `npm run build`: bundles src/ and compiles the demo to dist/, and checks the package as npm would publish it.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

import { binary, ROOT } from './binary.ts'
import { bundle } from './bundle.ts'

const DIST = join(ROOT, 'dist')
const DEMO = join(ROOT, 'examples', 'demo')

rmSync(DIST, { recursive: true, force: true })
// The compiler writes types only.
if (succeeds(binary('typescript', 'tsc', '--project', 'tsconfig.build.json'))) {
  await bundle(DIST)
  copyPage()
  compileDemo()
  process.exitCode = succeeds(binary('publint', 'publint')) ? 0 : 1
} else process.exitCode = 1

function succeeds(command: readonly string[]): boolean {
  return spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' }).status === 0
}

/** What the dashboard hands out as it is. */
function copyPage(): void {
  const folder = join('server', 'page')
  cpSync(join(ROOT, 'src', folder), join(DIST, folder), { recursive: true, filter: path => !path.endsWith('.ts') })
}

/** The demo is read as a user's own pipeline is, so its processors are a module beside it. */
function compileDemo(): void {
  const folder = join(DIST, 'examples', 'demo')
  mkdirSync(folder, { recursive: true })
  const pipeline = readFileSync(join(DEMO, 'pipeline.yaml'), 'utf8')
  writeFileSync(join(folder, 'pipeline.yaml'), pipeline.replaceAll('./processors.ts#', './processors.js#'))
  const processors = readFileSync(join(DEMO, 'processors.ts'), 'utf8')
  writeFileSync(join(folder, 'processors.js'), stripTypeScriptTypes(processors))
}
