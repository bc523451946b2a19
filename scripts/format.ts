// `npm run format`: writes what the formatter and the linters can mend by themselves.

import { spawnSync } from 'node:child_process'

import { binary, ROOT } from './binary.ts'

const COMMANDS = [
  binary('oxlint', 'oxlint', '--type-aware', '--fix'),
  binary('@biomejs/biome', 'biome', 'check', '--write')
]

for (const command of COMMANDS) {
  const { status } = spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
