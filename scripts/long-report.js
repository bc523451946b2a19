// A reporter for `npm run test:long`: what the tests measured and found, as a page that is kept under docs/.
//
// Plain JavaScript, as all that Node loads before it runs the tests.

import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { relative } from 'node:path'

/** @param {AsyncIterable<{ type: string, data: Record<string, any> }>} events */
export default async function* longReport(events) {
  const startedAt = performance.now()
  const notes = []
  const failures = []
  let passed = 0
  let skipped = 0
  const lastName = new Map()
  for await (const { type, data } of events) {
    const file = data.file === undefined ? undefined : relative(process.cwd(), data.file)
    if (type === 'test:diagnostic' && file !== undefined && data.level !== 'error') {
      notes.push({ file, test: lastName.get(file), message: data.message })
    }
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue
    lastName.set(file, data.name)
    if (type === 'test:fail') failures.push(`${data.name} (${file})`)
    else if (data.skip === undefined) passed++
    else skipped++
  }
  const minutes = (performance.now() - startedAt) / 60_000
  yield `# The long tests

\`npm run test:long\` wrote this when it ran last. It runs all that \`npm test\` runs, more of it where there is chance in a
test, and the long runs: memory, load, deaths at random instants, all orders of accesses to shared memory.

- ${new Date().toISOString().slice(0, 10)}, at ${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src', 'test') === '' ? '' : ' with changes'}
- ${availableParallelism()} cores of an ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.version}
- ${passed} passed, ${failures.length} failed, ${skipped} skipped, in ${minutes.toFixed(0)} minutes
${failures.map(failure => `- **failed**: ${failure}\n`).join('')}
## What they measured
`
  let shownTest
  for (const { file, test, message } of notes) {
    if (test !== shownTest) yield `\n**${escaped(test ?? file)}** (${file})\n\n`
    shownTest = test
    yield `- ${escaped(message)}\n`
  }
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' }).trim()
}

function escaped(text) {
  return text.replaceAll(/[<>*_`|]/g, '\\$&')
}
