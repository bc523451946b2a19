// Reads the text of a pipeline file, or says in one line why that is not possible.

import { isUtf8 } from 'node:buffer'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'

import { closestName } from '../base/closest-name.ts'
import { quote } from '../base/quote.ts'
import { type Place, UserError } from '../base/user-error.ts'

const MAX_FILE_BYTES = 8 * 1024 * 1024

export type PipelineFormat = 'yaml' | 'json' | 'module'

const FORMATS = new Map<string, PipelineFormat>([
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.json', 'json'],
  ['.ts', 'module'],
  ['.mts', 'module'],
  ['.js', 'module'],
  ['.mjs', 'module'],
  ['.cjs', 'module']
])

export function formatOf(file: string): PipelineFormat {
  const format = FORMATS.get(extname(file).toLowerCase())
  if (format !== undefined) return format
  throw new UserError(`${quote(file)} is not a pipeline file: its name must end in .yaml, .yml, .json, .ts or .js`, {
    hint: `To read lines from it, write --input ${file}.`
  })
}

/** Throws a UserError unless `file` is a readable regular file. */
export function checkPipelineFile(file: string, currentFolder: string): void {
  const path = resolve(currentFolder, file)
  let isFile: boolean
  try {
    const stat = statSync(path)
    if (stat.isDirectory()) {
      const inside = pipelinesIn(path)[0]
      const hint =
        inside === undefined ? 'Name the pipeline file in it.' : `Did you mean ${quote(`${file}/${inside}`)}?`
      throw new UserError(`${quote(file)} is a folder, not a pipeline file`, { hint })
    }
    isFile = stat.isFile()
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw unreadable(file, path, cause)
  }
  if (!isFile) throw new UserError(`${quote(file)} is not a regular file`)
}

export function readPipelineFile(file: string, currentFolder: string): string {
  checkPipelineFile(file, currentFolder)
  const path = resolve(currentFolder, file)
  let bytes: Buffer
  try {
    const { size } = statSync(path)
    if (size > MAX_FILE_BYTES) throw tooLarge(file, size)
    bytes = readFileSync(path)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw unreadable(file, path, cause)
  }
  return decode(bytes, file)
}

/** Bytes as text without a byte order mark; refuses what is not text. */
export function decode(bytes: Buffer, file: string): string {
  if (bytes.length > MAX_FILE_BYTES) throw tooLarge(file, bytes.length)
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff)) {
    throw new UserError('the file is in UTF-16', { place: firstPlace(file), hint: 'Save it as UTF-8.' })
  }
  const zero = bytes.indexOf(0)
  if (zero !== -1) {
    const hint = 'A pipeline file is YAML or JSON text.'
    throw new UserError('this is not a text file: it has a zero byte here', { place: placeOf(bytes, zero, file), hint })
  }
  if (!isUtf8(bytes)) {
    const place = placeOf(bytes, firstInvalidByte(bytes), file)
    throw new UserError('this byte is not UTF-8', { place, hint: 'Save the file as UTF-8.' })
  }
  return bytes.toString('utf8', startsWith(bytes, 0xef, 0xbb, 0xbf) ? 3 : 0)
}

function startsWith(bytes: Buffer, ...start: number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte)
}

function firstPlace(file: string): Place {
  return { file, line: 1, column: 1 }
}

function placeOf(bytes: Buffer, offset: number, file: string): Place {
  const before = bytes.subarray(0, offset)
  const lineStart = before.lastIndexOf(0x0a) + 1
  let line = 1
  for (let at = before.indexOf(0x0a); at !== -1; at = before.indexOf(0x0a, at + 1)) line += 1
  return { file, line, column: before.toString('utf8', lineStart).length + 1 }
}

/** Decoding puts U+FFFD for it; the first one that the file does not hold itself is the place. */
function firstInvalidByte(bytes: Buffer): number {
  const text = bytes.toString('utf8')
  let offset = 0
  let decodedTo = 0
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', at + 1)) {
    offset += Buffer.byteLength(text.slice(decodedTo, at))
    if (!startsWith(bytes.subarray(offset), 0xef, 0xbf, 0xbd)) return offset
    decodedTo = at
  }
  return offset
}

function tooLarge(file: string, bytes: number): UserError {
  const mebibytes = (bytes / (1024 * 1024)).toFixed(1)
  return new UserError(`${quote(file)} has ${mebibytes} MiB; a pipeline file may have at most 8 MiB`, {
    hint: `To read lines from it, write --input ${file}.`
  })
}

function unreadable(file: string, path: string, cause: unknown): UserError {
  const code = (cause as NodeJS.ErrnoException).code
  switch (code) {
    case 'ENOENT':
      return new UserError(`there is no file ${quote(file)}`, { hint: nearbyFile(file, path), cause })
    case 'EACCES':
    case 'EPERM':
      return new UserError(`no permission to read ${quote(file)}`, { hint: 'Change its access rights.', cause })
    case 'ENOTDIR':
      return new UserError(`there is no file ${quote(file)}: a part of the path is not a folder`, { cause })
    default:
      return new UserError(`cannot read ${quote(file)}: ${code ?? String(cause)}`, { cause })
  }
}

function nearbyFile(file: string, path: string): string {
  const names = pipelinesIn(dirname(path))
  const closest = closestName(basename(path), names) ?? (names.length === 1 ? names[0] : undefined)
  if (closest === undefined) return 'Check the path; it is relative to the current folder.'
  return `Did you mean ${quote(file.slice(0, file.length - basename(file).length) + closest)}?`
}

function pipelinesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => /\.ya?ml$|pipeline.*\.(json|[cm]?[jt]s)$/i.test(name))
      .sort()
  } catch {
    return []
  }
}
