#!/usr/bin/env node
// The command line. Each command is a file in commands/; a mistake of the user is one or two lines on stderr and exit 2.

import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// Compiled code is kept between runs: a start takes half the time. Threads read the setting from the environment. In
// the user's own folder, since what is found there is run.
process.env['NODE_COMPILE_CACHE'] ??= join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'linescope')
enableCompileCache(process.env['NODE_COMPILE_CACHE'])

const { main } = await import('./program.ts')
await main(process.argv)
