// The package as npm would publish it, made from this checkout and unpacked elsewhere: for its test and for benchmarks.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import { ROOT } from './binary.ts'

/** Builds the package. Returns the archive, which is written to the folder. */
export function packPackage(folder: string, environment: NodeJS.ProcessEnv = process.env): string {
  run(process.execPath, ['--disable-warning=ExperimentalWarning', join('scripts', 'build.ts')], environment)
  run('npm', ['pack', '--pack-destination', folder, '--ignore-scripts'], environment)
  return join(folder, readdirSync(folder).find(name => name.endsWith('.tgz'))!)
}

/** Unpacks it into the folder's `node_modules`, with this checkout's packages as its own. Returns the command's file. */
export function installPackage(archive: string, folder: string): string {
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'linescope')
  mkdirSync(modules)
  run('tar', ['-xzf', archive, '-C', modules], process.env)
  renameSync(join(modules, 'package'), installed)
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'))
  return join(installed, 'bin', 'linescope.js')
}

function run(name: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, stdout, stderr } = spawnSync(name, args, { cwd: ROOT, encoding: 'utf8', env })
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
}
