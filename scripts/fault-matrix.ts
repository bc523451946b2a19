// docs/fault-matrix.md: what can go wrong, and the tests that show what happens then. A test that covers a row has the
// row's id at the end of its name: `test('a file that is renamed is read to its end [C1]', …)`.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { ROOT } from './binary.ts'

export const FAULT_MATRIX = join(ROOT, 'docs', 'fault-matrix.md')

export interface Section {
  readonly title: string
  readonly rows: readonly Row[]
}

export interface Row {
  readonly id: string
  readonly fault: string
  /** Why there can be no test. */
  readonly without?: string
}

export interface CoveringTest {
  /** Inside the repository, with slashes. */
  readonly file: string
  /** Without the ids; `…` where it differs from test to test. */
  readonly title: string
  readonly ids: readonly string[]
  /** Matches the names that it has when it runs. */
  readonly name: RegExp
}

export type Result = 'passed' | 'failed' | 'not run'

const ROWS = join(ROOT, 'scripts', 'fault-rows.json')
const GROUP = '\\[[A-H]\\d+(?: [A-H]\\d+)*\\]'
const STRING = new RegExp(
  `(?<=^|[(\\[\\s,?:])(['"\`])((?:\\\\.|(?!\\1)[^\\\\\\n])*?)\\s(${GROUP}(?: ${GROUP})*)\\1`,
  'gm'
)
/** Names may stand in the tests, or in what several tests go through. */
const FILES = /\.test\.ts$|-fixtures\.ts$|^test\/.*\.ts$/

export function readSections(): Section[] {
  return JSON.parse(readFileSync(ROWS, 'utf8')) as Section[]
}

/** Of all files that name tests, in the order of their paths. */
export function findCoveringTests(): CoveringTest[] {
  const files = ['src', 'test'].flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      path => `${folder}/${path.replaceAll('\\', '/')}`
    )
  )
  return files
    .filter(path => FILES.test(path))
    .sort((a, b) => (a < b ? -1 : 1))
    .flatMap(file => coveringTestsIn(file, readFileSync(join(ROOT, file), 'utf8')))
}

/** Is this the test that ran in a file under a name? */
export function isSameTest(test: CoveringTest, file: string, name: string): boolean {
  return (test.file === file || !test.file.endsWith('.test.ts')) && test.name.test(name)
}

export function coveringTestsIn(file: string, source: string): CoveringTest[] {
  return [...source.matchAll(STRING)].map(([, quote, text = '', ids = '']) => {
    const parts = (quote === '`' ? text.split(/\$\{[^}]*\}/) : [text]).map(part => part.replace(/\\(.)/g, '$1'))
    const name = new RegExp(`^${[...parts.slice(0, -1), `${parts.at(-1)} ${ids}`].map(literally).join('.*')}$`, 's')
    return { file, title: parts.join('…'), ids: ids.match(/[A-H]\d+/g) ?? [], name }
  })
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

export function renderMatrix(
  sections: readonly Section[],
  tests: readonly CoveringTest[],
  resultOf: (test: CoveringTest) => Result
): string {
  const rows = sections.flatMap(section => section.rows)
  const covered = rows.filter(({ id }) => tests.some(test => test.ids.includes(id))).length
  const without = rows.filter(({ id, without }) => without !== undefined && !tests.some(test => test.ids.includes(id)))
  const lines = [
    '# What can go wrong, and the tests for it',
    '',
    'The tests write this: `npm run test:long` all of it, `npm test -- --fault-matrix` what it runs. A test names the rows',
    'that it covers at the end of its name. When the long tests ran last, and on what, is in [Long tests](long-tests.md).',
    '',
    `${rows.length} faults: ${covered} covered, ${rows.length - covered - without.length} not covered, ${without.length} of what is not there yet. A row is covered when a test shows a part of it;`,
    'read the tests for how much of it they show.'
  ]
  for (const { title, rows: sectionRows } of sections) {
    lines.push('', `## ${title}`, '', '| | fault | tests |', '|---|---|---|')
    for (const { id, fault, without: reason } of sectionRows) {
      const shown = tests
        .filter(test => test.ids.includes(id))
        .map(test => `${RESULTS[resultOf(test)]}: ${shownTest(test)}`)
      lines.push(`| ${id} | ${escaped(fault)} | ${shown.join('<br>') || (reason ?? '**not covered**')} |`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** What a matrix says of a test; `not run` when it does not know it. */
export function resultIn(matrix: string, test: CoveringTest): Result {
  const shown = shownTest(test)
  const results: readonly Result[] = ['failed', 'passed']
  return results.find(result => matrix.includes(`${RESULTS[result]}: ${shown}`)) ?? 'not run'
}

const RESULTS: Readonly<Record<Result, string>> = { passed: 'passed', failed: '**failed**', 'not run': 'not run' }

function shownTest({ title, file }: CoveringTest): string {
  return `${escaped(title)} (\`${file}\`)`
}

function escaped(text: string): string {
  return text.replaceAll(/[<>*_`|\\]/g, '\\$&').replaceAll(/\s+/g, ' ')
}
