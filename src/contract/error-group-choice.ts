// Which groups of errors a question is about: the same for those of a run that goes on and for those of earlier ones.

import type { GroupQuery } from './error-groups.ts'
import type { ErrorGroup } from './errors.ts'

/** Searches in what is shown. The most frequent first, or the newest. */
export function wantedGroups(groups: readonly ErrorGroup[], { processor, text = '', sort }: GroupQuery): ErrorGroup[] {
  const wanted = groups.filter(
    group =>
      (processor === undefined || group.processor === processor) &&
      (text === '' || [group.name, group.message, group.line, group.at_code].some(part => part?.includes(text)))
  )
  if (sort === 'count') return wanted.sort((a, b) => b.count - a.count)
  return wanted.sort((a, b) => (a.last_at < b.last_at ? 1 : a.last_at > b.last_at ? -1 : 0))
}
