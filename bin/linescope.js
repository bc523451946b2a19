#!/usr/bin/env node
// The command `linescope`. Plain JavaScript that any Node of the last years can read, so that an old one gets a sentence
// instead of a syntax error, and so that compiled code is kept before the first TypeScript file is read.

import { existsSync } from 'node:fs'
import * as modules from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'

const NEEDED_MAJOR = 24

if (Number.parseInt(process.versions.node, 10) < NEEDED_MAJOR) {
  process.stderr.write(
    `Linescope needs Node ${NEEDED_MAJOR} or newer; this is Node ${process.versions.node}. ` +
      'Get one from https://nodejs.org, or run "npx -p node@24 -p linescope linescope".\n'
  )
  process.exitCode = 2
} else {
  // Compiled code is kept between runs: a start takes half the time. Threads read the setting from the environment. In
  // the user's own folder, since what is found there is run.
  try {
    process.env['NODE_COMPILE_CACHE'] ??= join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'linescope')
    modules.enableCompileCache(process.env['NODE_COMPILE_CACHE'])
  } catch {
    // A user without a home: nothing is kept.
  }
  // The young generation of a lane is small and mostly dead: several threads that collect it cost a tenth more CPU time
  // than one and more, for the same result. Set before there are threads; the flag is the whole process's.
  setFlagsFromString('--no-parallel-scavenge')
  // A thread's young generation begins small and is collected often while modules load. This is as much as it may grow
  // to: some hundredths of a second of CPU time less for a start.
  setFlagsFromString('--min-semi-space-size=2')
  // A checkout has the sources and runs them as they are; the published package has only what was compiled from them.
  const source = new URL('../src/cli/linescope.ts', import.meta.url)
  await import(existsSync(source) ? source.href : new URL('../dist/cli/linescope.js', import.meta.url).href)
}
