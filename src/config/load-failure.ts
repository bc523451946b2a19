// Why a module could not be loaded, in one line: what was thrown, and the line of the user's code that it came from.

import { spawnSync } from 'node:child_process'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { OWN_FOLDER } from '../base/own-files.ts'
import { quote } from '../base/quote.ts'
import { UserError } from '../base/user-error.ts'

const MAX_MESSAGE_LENGTH = 300

export function loadFailure(called: string, file: string, thrown: unknown, currentFolder: string): UserError {
  const code = textOf(thrown, 'code')
  const stack = code === 'ERR_MODULE_NOT_FOUND' ? '' : (textOf(thrown, 'stack') ?? '')
  const frame = firstUserFrame(stack) ?? (thrown instanceof SyntaxError ? syntaxErrorFrame(file) : undefined)
  const where = frame === undefined ? '' : ` (${shownPath(frame.file, currentFolder)}:${frame.position})`
  return new UserError(`${quote(called)} failed to load: ${describeThrown(thrown)}${where}`, {
    hint: hintFor(code),
    cause: thrown
  })
}

/** What was thrown as one line. Total: it may be anything, with getters that throw. */
export function describeThrown(thrown: unknown): string {
  const message = textOf(thrown, 'message')
  const name = textOf(thrown, 'name')
  const isObject = (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function'
  if (message === undefined) return isObject ? 'an object was thrown' : `${shownPrimitive(thrown)} was thrown`
  const line = message.split('\n', 1)[0].replace(/\.$/, '')
  const cut = line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}…` : line
  return `${name === undefined || name === '' ? 'Error' : name}: ${cut.replace(/\p{Cc}/gu, ' ')}`
}

function shownPrimitive(value: unknown): string {
  return typeof value === 'string' ? quote(value) : String(value)
}

function textOf(thrown: unknown, key: string): string | undefined {
  if ((typeof thrown !== 'object' || thrown === null) && typeof thrown !== 'function') return undefined
  try {
    const value: unknown = Reflect.get(thrown, key)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** Of a syntax error in a JavaScript module, Node tells the line only to who has the file checked. */
function syntaxErrorFrame(file: string): Frame | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 5000 })
  return firstUserFrame(stderr ?? '')
}

interface Frame {
  readonly file: string
  /** `3:25`, or only the line. */
  readonly position: string
}

function firstUserFrame(stack: string): Frame | undefined {
  const lines = stack.split('\n')
  // A syntax error has no frame of the user's: Node puts the file and line before the message.
  const heading = /^((?:file:\/\/)?\/.*|(?:file:\/\/\/)?[A-Za-z]:[\\/].*):(\d+)$/.exec(lines[0] ?? '')
  const frames = lines.map(line => /^\s+at (?:async )?(?:.*\()?(.+?):(\d+:\d+)\)?$/.exec(line))
  for (const match of [heading, ...frames]) {
    const file = fileOf(match?.[1])
    if (file !== undefined && !file.startsWith(OWN_FOLDER)) return { file, position: match![2] }
  }
  return undefined
}

function fileOf(url: string | undefined): string | undefined {
  if (url === undefined || url.startsWith('node:')) return undefined
  if (!url.startsWith('file:')) return /^(\/|[A-Za-z]:[\\/])/.test(url) ? url : undefined
  try {
    return fileURLToPath(url.replace(/\?.*$/, ''))
  } catch {
    return undefined
  }
}

function shownPath(file: string, currentFolder: string): string {
  const path = relative(currentFolder, file)
  return path.startsWith('..') ? file : path
}

function hintFor(code: string | undefined): string | undefined {
  switch (code) {
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return 'TypeScript runs without a compiler: only types that can be erased are allowed.'
    case 'ERR_UNKNOWN_FILE_EXTENSION':
    case 'ERR_IMPORT_ATTRIBUTE_MISSING':
      return 'A module is a .ts or .js file.'
    default:
      return undefined
  }
}
