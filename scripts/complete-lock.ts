// `npm run lock`: adds to package-lock.json what npm leaves out of it.
//
// Packages with a binary for each platform list these as optional dependencies. Where a registry does not serve the ones
// for other platforms, npm writes a lock file without them, which `npm ci` then refuses everywhere. The version is exact
// in the package that asks for them and the platform stands in their name, so the entries can be written without the
// registry; only their checksums are missing. With `--check` nothing is written and a missing entry is a fault.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { ROOT } from './binary.ts'

interface LockedPackage {
  readonly version: string
  readonly cpu?: readonly string[]
  readonly dev?: true
  readonly libc?: readonly string[]
  readonly optional?: true
  readonly os?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64']
const LIBRARIES: Readonly<Record<string, string>> = {
  gnu: 'glibc',
  gnueabihf: 'glibc',
  musl: 'musl',
  musleabihf: 'musl'
}

/** Entries for the platform packages that are asked for and not in the lock file, by their key in it. */
export function missingEntries({ packages }: LockFile): Record<string, LockedPackage> {
  const missing: Record<string, LockedPackage> = {}
  for (const parent of Object.values(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`
      const platform = platformOf(name)
      if (key in packages || platform === undefined || !/^\d/.test(version)) continue
      missing[key] = { version, ...platform.cpu, ...(parent.dev && { dev: true }), ...platform.rest }
    }
  }
  return missing
}

function platformOf(name: string) {
  const parts = name.split(/[/-]/)
  const os = parts.find(part => SYSTEMS.includes(part))
  const cpu = parts.find(part => PROCESSORS.includes(part))
  if (os === undefined || cpu === undefined) return undefined
  const library = os === 'linux' ? LIBRARIES[parts.at(-1) as string] : undefined
  return {
    cpu: { cpu: [cpu] },
    rest: { ...(library !== undefined && { libc: [library] }), optional: true as const, os: [os] }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = join(ROOT, 'package-lock.json')
  const lock = JSON.parse(readFileSync(file, 'utf8')) as LockFile
  const missing = missingEntries(lock)
  const names = Object.keys(missing)
  if (process.argv.includes('--check')) {
    process.stderr.write(names.map(name => `package-lock.json: ${name} is missing; run "npm run lock"\n`).join(''))
    process.exitCode = names.length === 0 ? 0 : 1
  } else if (names.length > 0) {
    const packages = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1))
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, undefined, 2)}\n`)
  }
}
