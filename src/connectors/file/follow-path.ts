// A path whose file is followed, whichever that is at the moment.

import type { FollowedFile } from './follow-file.ts'

export interface FollowedPath {
  /** As the user wrote it, or as the glob found it. */
  readonly name: string
  /** Absolute. */
  readonly path: string
  /** Written out by the user, not found by a glob: waited for when it is not there. */
  readonly isNamed: boolean
  file: FollowedFile | undefined
  /** Where it leads when links lie on the way: changes are told there. */
  realPath: string
  /** Why it has no file that is read; told once. */
  problem: string | undefined
}
