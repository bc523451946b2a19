// What the calls of a simulated file system answer, and how they fail.

import { type BigIntStats, constants as flagsOf } from 'node:fs'
import { constants } from 'node:os'

import type { SimulatedFile, SimulatedNode } from './simulated-disk-fixtures.ts'

export interface OpenNode {
  readonly node: SimulatedNode
  readonly path: string
  readonly flags: number
  position: number
}

const DEVICE = 1n

export function isForWriting(flags: number): boolean {
  return (flags & (flagsOf.O_WRONLY | flagsOf.O_RDWR)) !== 0
}

export function refusalToRename(
  from: SimulatedNode,
  to: SimulatedNode | undefined,
  path: string,
  newPath: string
): keyof typeof constants.errno | undefined {
  if (newPath.startsWith(`${path}/`)) return 'EINVAL'
  if (path.startsWith(`${newPath}/`)) return 'ENOTEMPTY'
  if (to === undefined || to === from) return undefined
  if (from.kind === 'folder' && to.kind === 'file') return 'ENOTDIR'
  if (from.kind === 'file' && to.kind === 'folder') return 'EISDIR'
  return to.kind === 'folder' && to.names.size > 0 ? 'ENOTEMPTY' : undefined
}

export function fileOf({ node, path }: OpenNode, call: string): SimulatedFile {
  if (node.kind === 'folder') throw systemError('EISDIR', call, path)
  return node
}

export function statusOf(node: SimulatedNode): BigIntStats {
  const status = {
    dev: DEVICE,
    ino: BigInt(node.inode),
    size: BigInt(node.kind === 'file' ? node.length : 0),
    // Long ago: nothing waits for a file to come to rest.
    mtimeNs: 0n,
    ctimeNs: 0n,
    isFile: () => node.kind === 'file',
    isDirectory: () => node.kind === 'folder',
    isFIFO: () => false,
    isSocket: () => false,
    isCharacterDevice: () => false,
    isBlockDevice: () => false,
    isSymbolicLink: () => false
  }
  // Nobody asks for owners.
  return status as unknown as BigIntStats
}

export function systemError(code: keyof typeof constants.errno, call: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated, ${call} '${path}'`), {
    code,
    errno: -constants.errno[code],
    syscall: call,
    path
  })
}
