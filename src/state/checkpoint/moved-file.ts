// Finds a file that somebody has renamed, as a rotation does, by its inode and by its bytes.

import type { BigIntStats } from 'node:fs'
import { dirname, join } from 'node:path'

import type { FileSystem } from '../../base/file-system.ts'
import type { SinkFile } from './checkpoint.ts'
import { comparePath, type Expected } from './compare.ts'
import { isStrong } from './marks.ts'

/** The file under another name in its folder, where a rotation has put it. Only one that is known by its bytes, or by when it was made. */
export function findMoved(
  fileSystem: FileSystem,
  expected: Expected,
  bornNanoseconds: string | undefined
): string | undefined {
  if (!isStrong(expected.before) && bornNanoseconds === undefined) return undefined
  const folder = dirname(expected.path)
  let names: string[]
  try {
    names = fileSystem.readdirSync(folder)
  } catch {
    return undefined
  }
  return names.map(name => join(folder, name)).find(path => isFile(fileSystem, path, expected, bornNanoseconds))
}

/** For the checkpoint; nothing where the system does not tell it. */
export function bornOf({ birthtimeNs }: BigIntStats): Pick<SinkFile, 'bornNanoseconds'> {
  return birthtimeNs > 0n ? { bornNanoseconds: String(birthtimeNs) } : {}
}

function isFile(
  fileSystem: FileSystem,
  path: string,
  expected: Expected,
  bornNanoseconds: string | undefined
): boolean {
  try {
    const status = fileSystem.lstatSync(path)
    if (!status.isFile() || String(status.ino) !== expected.inode) return false
    if (!isStrong(expected.before) && bornOf(status).bornNanoseconds !== bornNanoseconds) return false
    return comparePath(fileSystem, { ...expected, path }).matches
  } catch {
    // Gone again, or unreadable: it is not the one.
    return false
  }
}
