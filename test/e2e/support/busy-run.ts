// A run whose processor blocks its thread for a while at the line `block`.

import type { TestContext } from 'node:test'

import { type Cli, makeFolder, start } from './cli.ts'
import { pipelineOf } from './pipelines.ts'

export async function startBlocking(
  t: TestContext,
  seconds: number
): Promise<{ cli: Cli; url: string; folder: string }> {
  const folder = makeFolder(t, {
    'pipeline.yaml': pipelineOf('{ use: ./block.ts#block, to: end, timeout: 60s }', '{ stdin: {} }'),
    'block.ts': `
export function block(line: string): string {
  const until = performance.now() + ${seconds * 1000}
  if (line === 'block') while (performance.now() < until);
  return line
}`
  })
  const cli = start(t, ['run', 'pipeline.yaml', '--trace', '--port', '0', '--json', '--quiet'], {
    cwd: folder,
    stdin: 'pipe'
  })
  const url = (await cli.says(/^(http:\S+)$/m))[1]
  cli.write('before\n')
  return { cli, url, folder }
}
