// Errors and their groups as the API tells them.

import { wantedGroups } from '../contract/error-group-choice.ts'
import type { ErrorGroups as Answer, ErrorGroupDetail, GroupQuery } from '../contract/error-groups.ts'
import type { ErrorEntry, ErrorGroup as GroupAnswer } from '../contract/errors.ts'
import type { ErrorGroup, ErrorGroups } from './error-groups.ts'
import { shownStack } from './error-stack.ts'
import { textBytes } from './line-text.ts'
import { isoMoment } from './moment.ts'
import { failedAt, type RecentError } from './recent-error.ts'
import type { Reveal } from './reveal.ts'
import { journeyId, type Names, replayOf } from './trace-answer.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** What the answers are made with. */
export interface Telling {
  readonly names: Names
  readonly reveal: Reveal
  readonly hasFullStacks: boolean
}

export function errorEntry(error: RecentError, { names, reveal, hasFullStacks }: Telling): ErrorEntry {
  const { lane, record } = error
  const stack = shownStack(record, reveal, hasFullStacks)
  return {
    processor: names.nodes[record.node] ?? null,
    name: reveal(decoder.decode(record.name)),
    message: reveal(record.message, record.isMessageCut),
    line: reveal(textBytes({ offset: record.offset, bytes: record.line }), record.isLineCut),
    line_is_cut: record.isLineCut,
    file: names.sources[record.sourceNumber] ?? null,
    line_number: record.lineNumber,
    trace_id: journeyId(record),
    replay_of: replayOf(record),
    path: lane.paths.nodesOf(record.path).map(node => names.nodes[node] ?? '?'),
    at: isoMoment(failedAt(error)),
    attempt: record.attempt,
    is_final: record.isFinal,
    stack: stack?.text ?? null,
    stack_frames_hidden: stack?.hiddenFrames ?? 0
  }
}

export function groupAnswer(group: ErrorGroup, telling: Telling): GroupAnswer {
  const newest = errorEntry(group.newest, telling)
  const { reveal } = telling
  return {
    id: group.id,
    processor: newest.processor,
    name: newest.name,
    message: newest.message,
    at_code: group.frame === undefined ? null : reveal(group.frame),
    count: group.count,
    final: group.final,
    per_second: group.perSecond(group.newest.lane.unixMilliseconds(group.newest.lane.nowMilliseconds())),
    first_at: isoMoment(failedAt(group.first)),
    last_at: newest.at,
    samples: group.samples().length,
    line: newest.line,
    file: newest.file,
    line_number: newest.line_number,
    trace_id: newest.trace_id
  }
}

export function groupDetail(group: ErrorGroup, telling: Telling): ErrorGroupDetail {
  const { names } = telling
  return {
    ...groupAnswer(group, telling),
    paths: group.paths
      .toSorted((a, b) => b.errors - a.errors)
      .map(({ lane, path, errors }) => ({
        path: lane.paths.nodesOf(path).map(node => names.nodes[node] ?? '?'),
        errors
      })),
    other_paths_errors: group.otherPathsErrors,
    sample_errors: group.samples().map(sample => errorEntry(sample, telling))
  }
}

export function groupsAnswer(
  groups: ErrorGroups,
  query: GroupQuery,
  telling: Telling
): Omit<Answer, 'run' | 'processors' | 'total_errors'> {
  const all = groups.list().map(group => groupAnswer(group, telling))
  const wanted = wantedGroups(all, query)
  return {
    groups: wanted.slice(0, query.limit),
    found: wanted.length,
    known: all.length,
    forgotten: groups.forgotten,
    forgotten_errors: groups.forgottenErrors
  }
}
