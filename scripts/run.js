// `node scripts/run.js [node options] FILE [arguments]`: sets the checkout up, then runs FILE on Node 24 or newer.
//
// Plain JavaScript for Node 20. Exit code and signals are those of what it runs.

import { endLike, runChild } from './child.js'
import { prepare } from './setup.js'

const { node, environment } = await prepare()
endLike(await runChild(node, process.argv.slice(2), { env: environment }))
