// `npm run check`: everything that can be said about the code without running it. All steps run, then the exit code is 1
// when one of them found a fault.

import { spawnSync } from 'node:child_process'

import { binary, ROOT } from './binary.ts'

interface Step {
  readonly name: string
  readonly command: readonly string[]
}

const STEPS: readonly Step[] = [
  { name: 'types', command: binary('typescript', 'tsc', '--project', '.') },
  { name: 'format and lint', command: binary('@biomejs/biome', 'biome', 'ci', '--colors=off', '--error-on-warnings') },
  { name: 'lint with types', command: binary('oxlint', 'oxlint', '--type-aware', '--deny-warnings', '--format=unix') },
  { name: 'imports', command: ['scripts/check-imports.ts'] },
  { name: 'unused code', command: binary('knip', 'knip', '--no-progress') },
  { name: 'lock file', command: ['scripts/complete-lock.ts', '--check'] },
  { name: 'house rules', command: ['scripts/check-house.ts'] }
]

const failed = STEPS.filter(step => !holds(step)).map(step => step.name)
if (failed.length > 0) {
  process.stderr.write(`\nNot in order: ${failed.join(', ')}\n`)
  process.exitCode = 1
}

function holds({ name, command }: Step): boolean {
  const startedAt = performance.now()
  const result = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (result.status === 0) {
    process.stderr.write(`ok    ${name} (${seconds} s)\n`)
    return true
  }
  process.stderr.write(`fault ${name} (${seconds} s)\n${result.stdout}${result.stderr}${result.error?.message ?? ''}\n`)
  return false
}
