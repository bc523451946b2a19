// Followers that are broken on purpose: a check that lets one of them through checks nothing.

import { FollowedFile } from './follow-file.ts'
import { FollowedFiles } from './follow-files.ts'
import { FollowNumbers } from './follow-numbers.ts'
import { StepReader } from './follow-reader-fixtures.ts'

export interface Mutant {
  readonly name: string
  /** A part of the name of the recipes that must notice. */
  readonly noticedBy: string
  /** Breaks it; the result mends it. */
  readonly breakIt: () => () => void
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'lets a file go as soon as it is renamed',
    noticedBy: 'written on after it was renamed',
    breakIt: () =>
      replace(
        FollowedFiles.prototype,
        'detach',
        original =>
          function (this: FollowedFiles, path) {
            const { file } = path
            original.call(this, path)
            if (file !== undefined) file.isOver = true
          }
      )
  },
  {
    name: 'does not see that the content has changed',
    noticedBy: 'truncated and grown beyond',
    breakIt: () => {
      const file = FollowedFile.prototype as unknown as { isAsBefore: () => boolean }
      return replace(file, 'isAsBefore', () => () => true)
    }
  },
  {
    name: 'gives out the beginning of a line that is still written',
    noticedBy: 'lines in pieces',
    breakIt: () => {
      const file = FollowedFile.prototype as unknown as { wholeLines: (bytes: Buffer) => number }
      const mend = replace(file, 'wholeLines', () => bytes => bytes.length)
      const descriptor = Object.getOwnPropertyDescriptor(FollowedFile.prototype, 'isAtLineStart')!
      Object.defineProperty(FollowedFile.prototype, 'isAtLineStart', { ...descriptor, get: () => true })
      return () => {
        Object.defineProperty(FollowedFile.prototype, 'isAtLineStart', descriptor)
        mend()
      }
    }
  },
  {
    name: 'forgets the end of a rotated file that has no newline',
    noticedBy: 'deleted and made anew',
    breakIt: () =>
      replace(
        FollowedFile.prototype,
        'look',
        original =>
          function (this: FollowedFile, now) {
            const look = original.call(this, now)
            return this.isComplete && look === 'lines' ? 'nothing' : look
          }
      )
  },
  {
    name: 'knows a file by its inode alone when it goes on',
    noticedBy: 'killed and deleted',
    breakIt: () => replace(StepReader.prototype, 'positionMark', () => () => undefined)
  },
  {
    name: 'gives a number twice',
    noticedBy: 'renamed and created anew, three',
    breakIt: () => replace(FollowNumbers.prototype, 'take', () => () => 0)
  }
]

function replace<Prototype, Name extends keyof Prototype>(
  prototype: Prototype,
  name: Name,
  make: (original: Prototype[Name]) => Prototype[Name]
): () => void {
  const original = prototype[name]
  prototype[name] = make(original)
  return () => {
    prototype[name] = original
  }
}
