// Holds the code to the house rules that no other tool knows: file lengths, no path of one machine, no test left out.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { tokenize } from './source-lexer.ts'

export interface TextFile {
  /** Inside the repository, with slashes. */
  readonly path: string
  readonly text: string
}

const CODE = /\.(?:[cm]?[jt]s|tsx)$/
const MEASURED = /^(?:src|test|scripts)\//
const LONGEST_LINES = 400
const USUAL_LINES = 250
const SHARE_ABOVE_USUAL = 0.1

const MACHINE_PATH = /(?<![\w.])\/(?:tmp|work|root|home|Users)\/[A-Za-z]/

const LEAVING_OUT = ['only', 'skip', 'todo']

/** One sentence for each fault; none when all is well. */
export function checkHouse(files: readonly TextFile[]): string[] {
  const code = files.filter(file => CODE.test(file.path))
  return [
    ...lengthFaults(code.filter(file => MEASURED.test(file.path))),
    ...files.flatMap(machinePathFaults),
    ...code.filter(file => /\.test\.[jt]sx?$/.test(file.path)).flatMap(testFaults)
  ]
}

function lengthFaults(files: readonly TextFile[]): string[] {
  const lengths = files.map(file => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
  const faults = lengths
    .filter(file => file.lines > LONGEST_LINES)
    .map(file => `${file.path}: ${file.lines} lines; no file has more than ${LONGEST_LINES}`)
  const long = lengths.filter(file => file.lines >= USUAL_LINES)
  if (long.length > lengths.length * SHARE_ABOVE_USUAL) {
    const names = long.map(file => `${file.path} (${file.lines})`).join(', ')
    faults.push(
      `${long.length} of ${lengths.length} files have ${USUAL_LINES} lines or more, above one in ten: ${names}`
    )
  }
  return faults
}

function machinePathFaults(file: TextFile): string[] {
  return file.text.split('\n').flatMap((line, index) => {
    const found = MACHINE_PATH.exec(line)
    return found === null ? [] : [`${file.path}:${index + 1}: "${found[0]}…" looks like a path of one machine`]
  })
}

function testFaults(file: TextFile): string[] {
  const tokens = tokenize(file.text)
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'name' || !LEAVING_OUT.includes(token.text)) return []
    const isCall = tokens[index - 1]?.text === '.' && tokens[index + 1]?.text === '('
    const isOption = tokens[index + 1]?.text === ':' && tokens[index + 2]?.text === 'true'
    return isCall || isOption ? [`${file.path}:${token.line}: "${token.text}" leaves tests out`] : []
  })
}

const FOLDERS = ['src', 'test', 'scripts', 'benchmarks', 'examples', 'docs', 'bin', '.ci']
const TEXT = /(?:\.(?:[cm]?[jt]sx?|json|ya?ml|md|html|css|sh)|\/run)$/
const LEFT_OUT = /(?:^|\/)(?:node_modules|dist|results|\.linescope)\//

function readFiles(root: string): TextFile[] {
  const inFolders = FOLDERS.flatMap(folder =>
    statSync(join(root, folder), { throwIfNoEntry: false }) === undefined
      ? []
      : readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(path => `${folder}/${path}`)
  )
  return [...readdirSync(root), ...inFolders]
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => TEXT.test(path) && !LEFT_OUT.test(path) && statSync(join(root, path)).isFile())
    .map(path => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = checkHouse(readFiles(join(import.meta.dirname, '..')))
  process.stderr.write(faults.map(fault => `${fault}\n`).join(''))
  process.exitCode = faults.length === 0 ? 0 : 1
}
