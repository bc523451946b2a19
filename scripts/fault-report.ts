// A reporter that writes docs/fault-matrix.md when the tests have ended. Tests that did not run keep the result that
// they had, so a part of the tests can be run; a run that is broken off changes nothing.

import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

import { ROOT } from './binary.ts'
import { FAULT_MATRIX, findCoveringTests, isSameTest, readSections, renderMatrix, resultIn } from './fault-matrix.ts'

interface TestEvent {
  readonly type: string
  readonly data: {
    readonly name?: string
    readonly file?: string
    readonly skip?: unknown
    readonly details?: { readonly type?: string }
  }
}

export default async function* faultReport(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const tests = findCoveringTests()
  const failed = new Map<unknown, boolean>()
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.file === undefined || data.skip !== undefined) continue
    const file = relative(ROOT, data.file).replaceAll('\\', '/')
    const test = tests.find(each => isSameTest(each, file, data.name ?? ''))
    if (test !== undefined) failed.set(test, type === 'test:fail' || failed.get(test) === true)
  }
  const before = readBefore()
  const after = renderMatrix(readSections(), tests, test => {
    const hasFailed = failed.get(test)
    return hasFailed === undefined ? resultIn(before, test) : hasFailed ? 'failed' : 'passed'
  })
  if (after !== before) writeFileSync(FAULT_MATRIX, after)
  yield ''
}

function readBefore(): string {
  try {
    return readFileSync(FAULT_MATRIX, 'utf8')
  } catch {
    return ''
  }
}
