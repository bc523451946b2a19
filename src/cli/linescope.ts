#!/usr/bin/env node
// The command line. Each command is a file in commands/; a mistake of the user is one or two lines on stderr and exit 2.

import { enableCompileCache } from 'node:module'

enableCompileCache()

const { main } = await import('./program.ts')
await main(process.argv)
