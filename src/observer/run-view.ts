// What the dashboard can ask of a run, be it one that goes on or one of which only the state folder is left.

import type { Observer } from './observer.ts'

export type RunView = Pick<
  Observer,
  | 'state'
  | 'stats'
  | 'health'
  | 'processors'
  | 'metrics'
  | 'graph'
  | 'paths'
  | 'traces'
  | 'journey'
  | 'findJourneys'
  | 'errors'
  | 'errorGroups'
  | 'errorGroup'
  | 'lineAt'
  | 'lineOf'
  | 'taken'
>

/** Nobody knows the answer any more; the message says why, for who asked. */
export class NotKeptError extends Error {
  override readonly name = 'NotKeptError'
}
