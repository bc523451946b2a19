import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import type { ProcessorDefinition } from '../sdk/index.ts'
import { type PlanRun, runPlan } from '../testing/run-plan.ts'
import { simplePlan } from '../testing/simple-plan.ts'
import type { ComponentReference, Plan } from './plan.ts'

/** A plan of one processor `it` that is found so, and sends lines to `end`. */
function planOf(component: ComponentReference): Plan {
  const plan = simplePlan({ it: { use: () => '', to: 'end' } })
  return { ...plan, processors: [{ ...plan.processors[0], component }] }
}

function moduleFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-instantiate-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'processors.ts')
  writeFileSync(file, text)
  return file
}

const outputOf = ({ sinks }: PlanRun) => sinks.get('end')!.toString()

describe('a processor', () => {
  test('comes from a module: a definition or a function, by the name of its export', async t => {
    const file = moduleFile(
      t,
      `export const twice = (line: string) => line + line
       export default { name: 'x', summary: '', create: ({ by }: { by: string }) => (line: string) => line + by }`
    )
    const twice = await runPlan(planOf({ kind: 'module', file, exportName: 'twice' }), 'a\n')
    const plan = planOf({ kind: 'module', file, exportName: 'default' })
    const added = await runPlan({ ...plan, processors: [{ ...plan.processors[0], options: { by: '!' } }] }, 'a\n')

    assert.deepEqual([outputOf(twice), outputOf(added)], ['aa\n', 'a!\n'])
  })

  test('comes from the pipeline module: a function, a definition, or under `use`, whatever its name', async t => {
    const file = moduleFile(
      t,
      `const shout = (line: string) => line.toUpperCase()
       export default { processors: { it: shout, ['__proto__']: { use: shout } } }`
    )
    for (const processor of ['it', '__proto__']) {
      assert.equal(outputOf(await runPlan(planOf({ kind: 'pipeline-module', file, processor }), 'a\n')), 'A\n')
    }
    await assert.rejects(runPlan(planOf({ kind: 'pipeline-module', file, processor: 'toString' }), ''), {
      name: 'UserError',
      message: /^processor "toString" of .* is neither a processor definition nor a function$/
    })
  })

  test('may be an object with methods, which are called on it', async () => {
    class Counter {
      count = 0
      isClosed = false
      process(): string {
        return `${++this.count}`
      }
      close(): void {
        this.isClosed = true
      }
    }
    const counter = new Counter()
    const definition: ProcessorDefinition = { name: 'counter', summary: '', create: () => counter }

    assert.equal(outputOf(await runPlan(planOf({ kind: 'inline', definition }), 'a\nb\n')), '1\n2\n')
    assert.equal(counter.isClosed, true)
  })

  const fault = async (component: ComponentReference, message: RegExp) => {
    await assert.rejects(runPlan(planOf(component), ''), { name: 'UserError', message })
  }

  test('that cannot be found or made is said with its name', async t => {
    const broken = moduleFile(t, 'throw null')
    const values = moduleFile(t, 'export const seven = 7')
    await fault({ kind: 'builtin', name: 'nope' }, /^there is no built-in processor "nope"$/)
    await fault({ kind: 'module', file: broken, exportName: 'default' }, /^processor "it" could not be loaded: null$/)
    await fault(
      { kind: 'module', file: `${broken}.none`, exportName: 'default' },
      /^processor "it" could not be loaded: /
    )
    await fault(
      { kind: 'module', file: values, exportName: 'seven' },
      /#seven is neither a processor definition nor a f/
    )
    await fault({ kind: 'module', file: values, exportName: 'six' }, /#six is neither a processor definition nor a f/)

    const created = (create: () => unknown): ComponentReference => ({
      kind: 'inline',
      definition: { name: 'x', summary: '', create } as unknown as ProcessorDefinition
    })
    const throwing = created(() => {
      throw Object.create(null)
    })
    await fault(throwing, /^processor "it" could not be created: \{\}$/)
    for (const result of [undefined, null, 7, {}, { process: 7 }]) {
      await fault(
        created(() => result),
        /^processor "it": create\(\) must return a function or \{ process \}$/
      )
    }
  })
})
