// Moves a file into a folder at one instant, never over another one. A second `a.log` becomes `a-2.log`.

import { constants } from 'node:fs'
import { join } from 'node:path'

import type { FileSystem } from '../../base/file-system.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import { numberedName } from './names.ts'

// Of so many names it is remembered which numbers are taken.
const REMEMBERED_NAMES = 4096

export class Mover {
  private readonly fileSystem: FileSystem
  private readonly nextNumbers = new Map<string, number>()

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem
  }

  /**
   * Into a folder that only this source writes to. Returns the name that the file has there. Fails as `rename` does;
   * nothing has changed then.
   */
  intoOwn(from: string | Buffer, folder: string, name: string): string {
    return this.tryNames(folder, name, target => {
      if (this.exists(target)) return false
      this.fileSystem.renameSync(from, target)
      return true
    })
  }

  /**
   * Into a folder where others may make files at the same moment: the name is taken first, by an empty file that the
   * rename replaces. A crash between the two leaves that empty file.
   */
  intoShared(from: string, folder: string, name: string): string {
    return this.tryNames(folder, name, target => {
      if (!this.take(target)) return false
      try {
        this.fileSystem.renameSync(from, target)
      } catch (error) {
        this.fileSystem.unlinkSync(target)
        throw error
      }
      return true
    })
  }

  private tryNames(folder: string, name: string, attempt: (target: string) => boolean): string {
    const plain = join(folder, numberedName(name, 1))
    let number = this.exists(plain) ? (this.nextNumbers.get(plain) ?? 2) : 1
    for (;;) {
      const candidate = numberedName(name, number)
      const isIn = attempt(join(folder, candidate))
      number += 1
      if (!isIn) continue
      if (number > 2) this.remember(plain, number)
      return candidate
    }
  }

  private remember(path: string, number: number): void {
    if (this.nextNumbers.size >= REMEMBERED_NAMES) this.nextNumbers.clear()
    this.nextNumbers.set(path, number)
  }

  private exists(path: string): boolean {
    try {
      this.fileSystem.lstatSync(path)
      return true
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return false
      throw error
    }
  }

  private take(path: string): boolean {
    try {
      this.fileSystem.closeSync(
        this.fileSystem.openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
      )
      return true
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return false
      throw error
    }
  }
}
