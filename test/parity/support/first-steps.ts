// The first steps, run to the end of their input, with the dashboard still up.

import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { statsWhen } from '../../e2e/support/answers.ts'
import { makeFolder, ROOT, start } from '../../e2e/support/cli.ts'

/** Address of the dashboard. */
export async function startFirstSteps(t: TestContext): Promise<string> {
  const pipeline = join(ROOT, 'examples', 'first-steps', 'pipeline.yaml')
  const cli = start(t, ['run', pipeline, '--trace', '--port', '0', '--state', makeFolder(t)])
  const url = await cli.url()
  await statsWhen(url, 'the end of the input', ({ state }) => state === 'finished')
  return url
}
