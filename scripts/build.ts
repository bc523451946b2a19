// `npm run build`: bundles src/ and compiles the demo to dist/, and checks the package as npm would publish it.

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { binary, ROOT } from './binary.ts'
import { bundle } from './bundle.ts'

const DIST = join(ROOT, 'dist')

rmSync(DIST, { recursive: true, force: true })
// The compiler writes types only.
if (succeeds(binary('typescript', 'tsc', '--project', 'tsconfig.build.json'))) {
  await bundle(DIST)
  process.exitCode = succeeds(binary('publint', 'publint')) ? 0 : 1
} else process.exitCode = 1

function succeeds(command: readonly string[]): boolean {
  return spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' }).status === 0
}
