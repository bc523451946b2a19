// Of an opened input the file that its lines can be read from again.

import type { SourceFile } from '../observer/source-texts.ts'
import type { OpenedInput } from './input-positions.ts'

/** Undefined for what is no regular file. */
export function sourceFileOf({ file, stored }: OpenedInput): SourceFile | undefined {
  return file === undefined || stored === undefined ? undefined : { path: file, ...stored }
}
