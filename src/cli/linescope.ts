// The command line as a program of its own; bin/linescope.js starts it. Each command is a file in commands/; a mistake of
// the user is one or two lines on stderr and exit 2.

import { main } from './program.ts'

await main(process.argv)
