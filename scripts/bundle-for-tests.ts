// Bundles the command for the tests that start it, to .cache/package: they run what users run, and start it faster than
// from a checkout. Does nothing when nothing has changed since the last time.

import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { ROOT } from './binary.ts'
import { bundle } from './bundle.ts'

const CACHE = join(ROOT, '.cache')
const PACKAGE = join(CACHE, 'package')
const OF = 'made-of'
const SOURCES = ['src', 'bin', 'scripts', join('examples', 'demo'), 'package.json', 'package-lock.json']

const made = sourcesHash()
if (!existsSync(join(PACKAGE, OF)) || readFileSync(join(PACKAGE, OF), 'utf8') !== made) {
  // Complete before it has its name: tests may be running, or may be stopped while this goes on.
  const folder = mkdtempSync(join(CACHE, 'package-'))
  try {
    await bundle(join(folder, 'dist'))
    cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true })
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
    writeFileSync(join(folder, OF), made)
    rmSync(PACKAGE, { recursive: true, force: true })
    renameSync(folder, PACKAGE)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function sourcesHash(): string {
  const hash = createHash('sha256')
  for (const source of SOURCES) {
    const path = join(ROOT, source)
    const files = source.endsWith('.json')
      ? [path]
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter(entry => entry.isFile())
          .map(entry => join(entry.parentPath, entry.name))
          .sort()
    for (const file of files) hash.update(file).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}
