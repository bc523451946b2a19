// The package as npm would publish it: bundled, packed, unpacked elsewhere, and used.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { installPackage, packPackage } from '../../scripts/pack.ts'
import { getStats, getText } from './support/answers.ts'
import { cleanEnvironment, makeFolder, ROOT, start } from './support/cli.ts'

describe('the published package', () => {
  let tarball = ''
  const folder = mkdtempSync(join(tmpdir(), 'linescope-package-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  before(() => {
    tarball = packPackage(folder, cleanEnvironment())
  })

  test('runs its demo', t => {
    const folder = makeFolder(t)
    const command = installPackage(tarball, folder)
    const { stdout } = run(
      'node',
      [command, 'run', '--lines', '40', '--exit', '--port', '0', '--json', '--state', 'state'],
      folder
    )
    const { ledger } = JSON.parse(stdout) as { ledger: Record<string, number> }
    assert.equal(ledger['entered'], 40)
    assert.equal(ledger['unaccounted'], 0)
  })

  test('serves the page, the answers and their documentation', async t => {
    const folder = makeFolder(t)
    const command = installPackage(tarball, folder)
    const cli = start(t, ['run', '--port', '0', '--trace', '--state', 'state'], { cwd: folder, command })
    const url = await cli.url()
    assert.match(await getText(url, '/'), /<title>Linescope/)
    assert.match(await getText(url, '/page/main.js'), /import/)
    assert.ok((await getStats(url)).processors.length > 0)
    assert.match(await getText(url, '/docs'), /swagger-ui/)
    const { paths, components } = JSON.parse(await getText(url, '/openapi.json')) as Record<string, object>
    assert.deepEqual(Object.keys(paths).slice(0, 3), ['/stats', '/trace', '/errors'])
    assert.ok('Stats' in (components as { schemas: object }).schemas)
  })

  test("runs a user's pipeline whose processors are TypeScript beside it", t => {
    const folder = makeFolder(t, {
      'in.log': 'one\ntwo\n',
      'steps.ts': `import { defineProcessor } from 'linescope'
export const shout = defineProcessor({
  name: 'shout', summary: 'Adds a mark.', emits: ['end'],
  create: () => (line: string, emit) => emit('end', line + '!')
})
`,
      'pipeline.yaml': `source: { file: { path: in.log } }
processors: { shout: { use: ./steps.ts#shout } }
sinks: { end: { file: { path: out.log } } }
`
    })
    const command = installPackage(tarball, folder)
    run('node', [command, 'run', 'pipeline.yaml', '--no-dashboard', '--quiet'], folder)
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'one!\ntwo!\n')
  })

  test('is a library with types that a strict compiler accepts', t => {
    const folder = makeFolder(t, {
      'program.ts': `import { definePipeline, run } from 'linescope'
import { runProcessor } from 'linescope/testing'
const handle = run(definePipeline({ processors: { up: (line: string) => line.toUpperCase() } }), { input: ['a', 'b'] })
const result = await handle.done
const stats: number | undefined = handle.stats()?.total_lines_processed
console.log(stats, typeof result, typeof runProcessor)
`,
      'package.json': '{ "type": "module" }'
    })
    installPackage(tarball, folder)
    const { stdout } = run('node', ['program.ts'], folder)
    assert.equal(stdout, '2 object function\n')
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const options = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', 'node']
    run('node', [compiler, ...options, '--typeRoots', join(ROOT, 'node_modules', '@types'), 'program.ts'], folder)
  })
})

function run(name: string, args: readonly string[], cwd: string): { readonly stdout: string } {
  const executable = name === 'node' ? process.execPath : name
  const { status, stdout, stderr } = spawnSync(executable, args, { cwd, encoding: 'utf8', env: cleanEnvironment() })
  assert.equal(status, 0, `${name} ${args.join(' ')}\n${stdout}${stderr}`)
  return { stdout }
}
