// The package as npm would publish it: compiled, packed, unpacked elsewhere, and used.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'

import { cleanEnvironment, makeFolder, ROOT } from './support/cli.ts'

describe('the published package', () => {
  let tarball = ''
  const folder = mkdtempSync(join(tmpdir(), 'linescope-package-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  before(() => {
    run('node', ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts', 'build.ts')], ROOT)
    run('npm', ['pack', '--pack-destination', folder, '--ignore-scripts'], ROOT)
    tarball = join(folder, readdirSync(folder).find(name => name.endsWith('.tgz'))!)
  })

  test('runs its demo', t => {
    const folder = install(t, tarball)
    const { stdout } = run(
      'node',
      [command(folder), 'run', '--lines', '40', '--exit', '--port', '0', '--json', '--state', 'state'],
      folder
    )
    const { ledger } = JSON.parse(stdout) as { ledger: Record<string, number> }
    assert.equal(ledger['entered'], 40)
    assert.equal(ledger['unaccounted'], 0)
  })

  test("runs a user's pipeline whose processors are TypeScript beside it", t => {
    const folder = install(t, tarball, {
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
    run('node', [command(folder), 'run', 'pipeline.yaml', '--no-dashboard', '--quiet'], folder)
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'one!\ntwo!\n')
  })

  test('is a library with types that a strict compiler accepts', t => {
    const folder = install(t, tarball, {
      'program.ts': `import { definePipeline, run } from 'linescope'
import { runProcessor } from 'linescope/testing'
const handle = run(definePipeline({ processors: { up: (line: string) => line.toUpperCase() } }), { input: ['a', 'b'] })
const result = await handle.done
const stats: number | undefined = handle.stats()?.total_lines_processed
console.log(stats, typeof result, typeof runProcessor)
`,
      'package.json': '{ "type": "module" }'
    })
    const { stdout } = run('node', ['program.ts'], folder)
    assert.equal(stdout, '2 object function\n')
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const options = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', 'node']
    run('node', [compiler, ...options, '--typeRoots', join(ROOT, 'node_modules', '@types'), 'program.ts'], folder)
  })
})

/** Unpacks the package into `node_modules`, with this checkout's packages as its dependencies. */
function install(t: TestContext, tarball: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = makeFolder(t, files)
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  run('tar', ['-xzf', tarball, '-C', modules], folder)
  run('mv', [join(modules, 'package'), join(modules, 'linescope')], folder)
  symlinkSync(join(ROOT, 'node_modules'), join(modules, 'linescope', 'node_modules'))
  return folder
}

function command(folder: string): string {
  return join(folder, 'node_modules', 'linescope', 'bin', 'linescope.js')
}

function run(name: string, args: readonly string[], cwd: string): { readonly stdout: string } {
  const executable = name === 'node' ? process.execPath : name
  const { status, stdout, stderr } = spawnSync(executable, args, { cwd, encoding: 'utf8', env: cleanEnvironment() })
  assert.equal(status, 0, `${name} ${args.join(' ')}\n${stdout}${stderr}`)
  return { stdout }
}
