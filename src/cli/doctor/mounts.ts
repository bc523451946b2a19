// On which file system does a path lie? As the kernel tells it; on other systems than Linux nobody does.

import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'

export interface Mount {
  readonly device: string
  readonly folder: string
  readonly type: string
  readonly options: readonly string[]
}

/** In the order in which they were mounted; none where there is no such list. */
export function readMounts(): Mount[] {
  try {
    return parseMounts(readFileSync('/proc/self/mounts', 'utf8'))
  } catch {
    return []
  }
}

export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap(line => {
    const [device, folder, type, options] = line.split(' ').map(unescaped)
    if (device === undefined || folder === undefined || type === undefined) return []
    return [{ device, folder, type, options: options?.split(',') ?? [] }]
  })
}

/** The path, or the first folder above it that is there, need not be written as the kernel writes it. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const real = realPath(path)
  let found: Mount | undefined
  for (const mount of mounts) {
    const isAbove =
      real === mount.folder || real.startsWith(mount.folder.endsWith(sep) ? mount.folder : mount.folder + sep)
    // Of two at one place the later one hides the earlier.
    if (isAbove && mount.folder.length >= (found?.folder.length ?? 0)) found = mount
  }
  return found
}

/** The path itself, or the nearest folder above it that is there. */
export function existingPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const above = dirname(path)
    return above === path ? path : existingPath(above)
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const above = dirname(path)
    return above === path ? path : join(realPath(above), path.slice(above.length))
  }
}

/** Spaces, tabs, newlines and backslashes stand as three octal digits. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
