// The arguments of `linescope graph`.

import type { RunChoice } from '../scope/arguments.ts'

export const GRAPH_FORMATS = ['mermaid', 'dot', 'json', 'text'] as const

export interface GraphArguments extends RunChoice {
  readonly format?: (typeof GRAPH_FORMATS)[number]
  readonly json: boolean
  readonly live: boolean
  /** With what the user did not name: dropped, dead letters, unmatched. */
  readonly asides: boolean
}
