import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { checkImports, readSources } from '../../scripts/check-imports.ts'
import { DEBTS } from '../../scripts/import-table.ts'
import { importsOf } from '../../scripts/source-imports.ts'

function faults(path: string, text: string): string[] {
  return checkImports([{ path, text }], [])
}

describe('the import table', () => {
  test('holds for the code as it is', () => {
    const sources = readSources(join(import.meta.dirname, '..', '..', 'src'))

    assert.ok(sources.length > 10, 'the walk found the sources')
    assert.deepEqual(checkImports(sources), [])
  })

  test('has no debts', () => {
    assert.equal(DEBTS.length, 0)
  })

  test('refuses what it does not list', () => {
    const cases: [path: string, text: string][] = [
      ['observer/windows.ts', "import { nodeNames } from '../engine/plan.ts'"],
      ['observer/windows.ts', "import type { Plan } from '../engine/plan.ts'"],
      ['observer/windows.ts', "import { SnapshotWriter } from '../shared-memory/snapshot/writer.ts'"],
      ['observer/windows.ts', "import { openStore } from '../store/database.ts'"],
      ['engine/lane.ts', "import { SnapshotReader } from '../shared-memory/snapshot/reader.ts'"],
      ['engine/lane.ts', "import { route } from '../processors/route.ts'"],
      ['config/load.ts', "import { nodeNames } from '../engine/plan.ts'"],
      ['config/load.ts', "import type { Batch } from '../engine/batch.ts'"],
      ['processors/route.ts', "export { when } from '../config/when.ts'"],
      ['base/clock.ts', "import { Place } from '../sdk/index.ts'"],
      ['contract/stats.ts', "import { readFileSync } from 'node:fs'"],
      ['contract/stats.ts', "import fastify from 'fastify'"],
      ['server/app.ts', "import '../threads/main.ts'"],
      ['state/lock.ts', "const engine = await import('../engine/plan.ts')"],
      ['state/lock.ts', "new Worker(new URL('../threads/lane.ts', import.meta.url))"],
      ['sdk/index.ts', "import { tool } from '../../scripts/tool.ts'"],
      ['helpers/x.ts', "import '../base/clock.ts'"]
    ]
    for (const [path, text] of cases) assert.equal(faults(path, text).length, 1, `${path}: ${text}`)
  })

  test('allows what it lists', () => {
    const cases: [path: string, text: string][] = [
      ['config/load.ts', "import type { Plan } from '../engine/plan.ts'"],
      ['observer/windows.ts', "import { SnapshotReader } from '../shared-memory/snapshot/reader.ts'"],
      ['observer/windows.ts', "import type { Answer } from '../store/messages.ts'"],
      ['engine/lane.ts', "import { SnapshotWriter } from '../shared-memory/snapshot/writer.ts'"],
      ['engine/lane.test.ts', "import { runProcessor } from '../testing/run-processor.ts'"],
      ['engine/lane.ts', "import { Batch } from './batch.ts'"],
      ['contract/stats.ts', "import { z } from 'zod'"],
      ['threads/main.ts', "import { builtins } from '../builtins.ts'"]
    ]
    for (const [path, text] of cases) assert.deepEqual(faults(path, text), [], `${path}: ${text}`)
  })

  test('names file, line and both rooms', () => {
    assert.deepEqual(faults('server/app.ts', "\n\nimport {\n  run\n} from '../engine/run.ts'"), [
      'src/server/app.ts:5: server may not import engine'
    ])
  })

  test('asks for a debt that is paid to go', () => {
    const debt = { file: 'server/app.ts', imports: 'engine/run.ts', reason: 'for this test' }

    assert.deepEqual(checkImports([{ path: debt.file, text: "import '../engine/run.ts'" }], [debt]), [])
    assert.match(checkImports([{ path: debt.file, text: '' }], [debt]).join(), /server\/app\.ts is paid/)
  })
})

describe('the word rules', () => {
  test('keep shared memory in its folder, in tests too', () => {
    assert.equal(faults('engine/lane.ts', 'Atomics.load(cells, 0)').length, 1)
    assert.equal(faults('engine/lane.test.ts', 'const cells: Int32Array<SharedArrayBuffer> = make()').length, 1)
    assert.deepEqual(
      faults('shared-memory/wait.ts', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'),
      []
    )
  })

  test('let only threads and cli end the process', () => {
    assert.equal(faults('engine/lane.ts', 'process\n  .exit(1)').length, 1)
    assert.deepEqual(faults('cli/linescope.ts', 'process.exit(1)'), [])
    assert.deepEqual(faults('threads/main.ts', 'process.exit(1)'), [])
  })

  test('keep everything away from process.stdout', () => {
    assert.equal(faults('cli/linescope.ts', 'if (process.stdout.isTTY) draw()').length, 1)
    assert.equal(faults('threads/lane.ts', "console.log('here')").length, 1)
  })

  test('do not mind a word in a comment, a text or a pattern', () => {
    const text =
      '// Atomics\n/* Atomics */ const a = "Atomics" + `Atomics ${b} Atomics` + /Atomics[/]"/.source\nlog.Atomics'

    assert.deepEqual(faults('engine/lane.ts', text), [])
  })

  test('see a word between the texts of a template', () => {
    assert.equal(faults('engine/lane.ts', 'const a = `x ${{ b: `${Atomics}` }.b} y`').length, 1)
  })
})

describe('the walk over imports', () => {
  test('finds every form', () => {
    const source = `
      import a from './a.ts'
      import * as b from "./b.ts"
      import type { C,
        D } from './c.ts'
      import { type E } from './e.ts'
      import './f.ts'
      export { g } from './g.ts'
      export type { H } from './h.ts'
      export * as i from './i.ts'
      const j = await import('./j.ts')
      type K = typeof import('./k.ts')
      const l = 1 / 2; import data from './l.json' with { type: 'json' }
      new Worker(new URL('./m.ts', import.meta.url))
      import type from './n.ts'
      import type O from './o.ts'`

    assert.deepEqual(
      importsOf(source).map(({ specifier, isType }) => `${specifier}${isType ? ' type' : ''}`),
      [
        './a.ts',
        './b.ts',
        './c.ts type',
        './e.ts',
        './f.ts',
        './g.ts',
        './h.ts type',
        './i.ts',
        './j.ts',
        './k.ts type',
        './l.json',
        './m.ts',
        './n.ts',
        './o.ts type'
      ]
    )
  })

  test('takes nothing else for one', () => {
    const source = `
      // import './a.ts'
      const text = "import './b.ts'"
      const template = \`import './c.ts'\`
      const pattern = /import '.\\/d.ts'/
      const from = { import: './e.ts', from: './f.ts' }
      export const from2 = './g.ts'
      export { text }
      plan.import('./h.ts')
      import.meta.resolve('./i.ts')`

    assert.deepEqual(importsOf(source), [])
  })
})
