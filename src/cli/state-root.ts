// Where the state of runs lies when nobody says where.

import { dirname, resolve } from 'node:path'

/** Beside the pipeline; for the demo, which may lie in a folder that is not the user's, in the current one. */
export function defaultStateRoot(pipeline: string | undefined): string {
  return resolve(pipeline === undefined ? process.cwd() : dirname(resolve(pipeline)), '.linescope')
}
