#!/usr/bin/env node
// The command `linescope`. Plain JavaScript that any Node of the last years can read, so that an old one gets a sentence
// instead of a syntax error.

import { existsSync } from 'node:fs'

const NEEDED_MAJOR = 24

if (Number.parseInt(process.versions.node, 10) < NEEDED_MAJOR) {
  process.stderr.write(
    `Linescope needs Node ${NEEDED_MAJOR} or newer; this is Node ${process.versions.node}. ` +
      'Get one from https://nodejs.org, or run "npx -p node@24 -p linescope linescope".\n'
  )
  process.exitCode = 2
} else {
  // A checkout has the sources and runs them as they are; the published package has only what was compiled from them.
  const source = new URL('../src/cli/linescope.ts', import.meta.url)
  await import(existsSync(source) ? source.href : new URL('../dist/cli/linescope.js', import.meta.url).href)
}
