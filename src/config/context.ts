// What every step from tree to plan is handed.

import type { Registry } from '../sdk/registry.ts'
import type { Environment } from './environment.ts'
import type { Problems } from './problems.ts'

export interface Context {
  readonly problems: Problems
  readonly environment: Environment
  readonly registry: Registry
  /** Folder that relative paths of the pipeline start from. */
  readonly baseFolder: string
  /** Folder that relative paths of arguments start from. */
  readonly currentFolder: string
  /** Absolute path of the pipeline, when it is a module: lanes take inline functions from there. */
  readonly pipelineModule: string | undefined
  readonly importTimeoutMilliseconds: number
  /** Absolute paths of the modules that were loaded, for the hash. */
  readonly moduleFiles: Set<string>
}
