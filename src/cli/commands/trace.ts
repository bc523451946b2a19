// `linescope trace`: the journeys of lines.

import { Command } from 'commander'

import { UserError } from '../../base/user-error.ts'
import { addRunOptions, EXIT_CODES, parseCount, WHICH_RUN } from '../scope/arguments.ts'
import type { TraceArguments } from '../scope/trace.ts'
import { endWith } from '../scope/unreachable.ts'

/** `0:1427`, of a replayed line `r3.17`; a fork has further numbers behind it. */
const ID = /^(?:\d+:\d+|r\d+\.\d+)(?:\.\d+)*$/

export function traceCommand(): Command {
  const command = new Command('trace')
    .description('Show the newest journeys of lines, or one as a tree.')
    .argument('[id]', 'of the line, like 0:1427')
    .argument('[pipeline]', 'pipeline file')
  return addRunOptions(command)
    .option('--limit <number>', 'so many of the newest, up to 1000', parseCount, 20)
    .option('--search <query>', 'only journeys that match, of earlier runs too')
    .addHelpText('after', HELP)
    .action(async (first: string | undefined, second: string | undefined, options: TraceArguments) => {
      const { id, pipeline } = idAndPipeline(first, second)
      const { showTrace } = await import('../scope/trace.ts')
      await endWith(() => showTrace(id, pipeline, options))
    })
}

/** In either order; nobody names a pipeline like an id. */
function idAndPipeline(first: string | undefined, second: string | undefined) {
  const given = [first, second].filter(text => text !== undefined)
  const ids = given.filter(text => ID.test(text))
  const pipelines = given.filter(text => !ID.test(text))
  if (ids.length > 1) throw new UserError('one journey at a time: two ids were given')
  if (pipelines.length > 1) {
    throw new UserError(`neither ${pipelines.join(' nor ')} is the id of a line`, { hint: 'An id looks like 0:1427.' })
  }
  return { id: ids[0], pipeline: pipelines[0] }
}

const HELP = `
The newest come first.${WHICH_RUN}

Examples:
  linescope trace pipeline.yaml
  linescope trace 0:1427 pipeline.yaml
  linescope trace --search 'visited(warn) && duration>50ms && line ~ /timeout/'
${EXIT_CODES}`
