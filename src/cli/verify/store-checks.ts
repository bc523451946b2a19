// The database of what a run has kept for looking at, as a check. No line depends on it.

import { inspectStore, storeFile } from '../../threads/stored.ts'
import type { Check } from '../checks/check.ts'
import { shownPath } from '../checks/state-folders.ts'
import { formatBytes } from '../numbers.ts'

const NAME = 'store'
const ADVICE =
  'No line is lost with it. The next start gives it another name and begins a new one; linescope doctor does so now.'

export function checkStore(stateFolder: string): Check[] {
  const file = storeFile(stateFolder)
  const found = inspectStore(stateFolder)
  if (found.kind === 'none') return []
  const facts = { file, byte: 0, bytes: found.bytes }
  if (found.kind === 'whole') {
    return [{ level: 'ok', name: NAME, text: `A whole database, ${formatBytes(found.bytes)}.`, facts }]
  }
  const text = `${shownPath(file)} cannot be used: ${found.reason}.`
  if (found.kind === 'trouble') return [{ level: 'warning', name: NAME, text, facts }]
  return [{ level: 'damage', name: NAME, text, advice: ADVICE, facts }]
}
