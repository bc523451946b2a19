// `npm run build`: compiles src/ to dist/ with plain tsc and checks the package as npm would publish it.

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { binary, ROOT } from './binary.ts'

rmSync(join(ROOT, 'dist'), { recursive: true, force: true })

for (const command of [binary('typescript', 'tsc', '--project', 'tsconfig.build.json'), binary('publint', 'publint')]) {
  const { status } = spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) {
    process.exitCode = 1
    break
  }
}
