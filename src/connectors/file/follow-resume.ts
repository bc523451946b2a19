// Goes on where a run before stood: finds the files that its checkpoint names, also when they were rotated meanwhile.

import { basename } from 'node:path'

import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import type { InputPosition, SourceSetup } from '../../sdk/source.ts'
import { FollowedFile } from './follow-file.ts'
import type { FollowedFiles } from './follow-files.ts'
import { type Found, findAgain, goesOn, Siblings } from './follow-search.ts'
import type { FollowTools } from './follow-tools.ts'

/** Before any path is looked at: a path whose file is known by then goes on with it. */
export function resumeFiles(files: FollowedFiles, tools: FollowTools, setup: SourceSetup): void {
  const siblings = new Siblings(tools.fileSystem)
  for (const position of setup.resume ?? []) {
    const { isFinished, stored, path } = position
    if (isFinished || stored === undefined || path === undefined) continue
    resumeFile(files, tools, setup, siblings, position, path)
  }
}

function resumeFile(
  files: FollowedFiles,
  tools: FollowTools,
  setup: SourceSetup,
  siblings: Siblings,
  position: InputPosition,
  path: string
): void {
  const { fileSystem } = tools
  const { name, sourceNumber, offset, lineNumber, head } = position
  const { inode } = position.stored!
  const isIt = (descriptor: number) => goesOn(fileSystem, descriptor, position)
  const found = findAgain(fileSystem, files.open, siblings, path, inode, isIt)
  if (found !== undefined && files.isKnown(found.identity)) {
    // A second name of a file, when both were followed at different times.
    fileSystem.closeSync(found.descriptor)
    return
  }
  const beginning = { offset, lineNumber, sourceNumber, head }
  const onDisk = { ...describe(fileSystem, found, position), name }
  const file = new FollowedFile(fileSystem, onDisk, beginning, tools.now())
  file.formerPath = path
  if (found === undefined) {
    setup.log?.(whyNotFound(fileSystem, position, path, inode))
    // Its end is told, so that the next checkpoint names it no more.
    file.isOver = true
    files.onChange(file)
    return
  }
  files.add(file)
  if (found.path !== path) {
    setup.log?.(
      `${quote(name)} is called ${quote(basename(found.path))} now: it is read to its end from byte ${offset} on.`
    )
  }
}

function describe(fileSystem: FileSystem, found: Found | undefined, { stored, path }: InputPosition) {
  if (found === undefined) return { identity: '', stored: stored!, descriptor: undefined, path: path! }
  const { dev, ino } = fileSystem.fstatSync(found.descriptor)
  const now = { device: String(dev), inode: String(ino), isCompressed: false }
  return { identity: found.identity, stored: now, descriptor: found.descriptor, path: found.path }
}

function whyNotFound(fileSystem: FileSystem, { name, offset }: InputPosition, path: string, inode: string): string {
  let isSameInode = false
  try {
    isSameInode = String(fileSystem.statSync(path).ino) === inode
  } catch {
    // No file there: it is gone.
  }
  const what = isSameInode
    ? 'was truncated or written anew since the run before'
    : 'of the run before is gone, and no file beside it is the one'
  return `${quote(name)} ${what}: what came after byte ${offset} of it is not read, if there was more.`
}
