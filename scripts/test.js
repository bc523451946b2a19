// `node scripts/test.js [--long] [--fault-matrix] [WORD…]`: sets the checkout up, then runs the tests on Node 24 or newer.
//
// Plain JavaScript for Node 20. Words choose the files whose path contains one of them. Without `--long` the files
// `*.long.test.ts` are left out; with it, LINESCOPE_LONG=1 also tells the others to try more. `--fault-matrix` notes the
// results in docs/fault-matrix.md, as all of the long tests do anyway.

import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'

import { endLike, runChild } from './child.js'
import { prepare } from './setup.js'
import { installSystemTools } from './system-tools.js'

const FOLDERS = ['src', 'test']
const FILE_TIMEOUT_MILLISECONDS = 180_000
const LONG_FILE_TIMEOUT_MILLISECONDS = 3_600_000
const CONCURRENCY = 2

const OPTIONS = ['--long', '--fault-matrix']
const words = process.argv.slice(2).filter(argument => !OPTIONS.includes(argument))
const isLong = process.argv.includes('--long')

const files = FOLDERS.flatMap(folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(path => `${folder}/${path.replaceAll('\\', '/')}`)
)
  .filter(path => path.endsWith('.test.ts') && (isLong || !path.endsWith('.long.test.ts')))
  .filter(path => words.length === 0 || words.some(word => path.includes(word)))
  .sort((a, b) => (a < b ? -1 : 1))

if (files.length === 0) {
  process.stderr.write(
    words.length === 0 ? 'There are no tests.\n' : `No test file has "${words.join('" or "')}" in its path.\n`
  )
  process.exit(2)
}

installSystemTools()
const { node, environment } = await prepare()
const env = {
  ...environment,
  // Each file of tests is a process of its own: what one has compiled serves the next.
  NODE_COMPILE_CACHE: resolve('.cache', 'compiled'),
  LINESCOPE_COMMAND: resolve('.cache', 'package', 'bin', 'linescope.js')
}
const bundled = await runChild(node, ['--disable-warning=ExperimentalWarning', 'scripts/bundle-for-tests.ts'], { env })
const options = [
  '--test',
  `--test-concurrency=${CONCURRENCY}`,
  `--test-timeout=${isLong ? LONG_FILE_TIMEOUT_MILLISECONDS : FILE_TIMEOUT_MILLISECONDS}`,
  '--test-reporter=spec',
  '--test-reporter-destination=stdout'
]
// Its last result is kept; that of a part would be none.
const isAllOfLong = isLong && words.length === 0
if (isAllOfLong) {
  options.push('--test-reporter=./scripts/long-report.js', '--test-reporter-destination=docs/long-tests.md')
}
if (isAllOfLong || process.argv.includes('--fault-matrix')) {
  // It writes its file itself.
  options.push('--test-reporter=./scripts/fault-report.ts', '--test-reporter-destination=stdout')
}
const run = () => runChild(node, [...options, ...files], { env: isLong ? { ...env, LINESCOPE_LONG: '1' } : env })
endLike(bundled.code === 0 ? await run() : bundled)
