// What the comparison is worth: an interpreter that is wrong in one thing must not agree with the engine.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'

import { mutantUrl } from '../stress/shared-memory/mutants.ts'
import { compare, linesRead } from './compare.ts'
import { type EngineRun, runEngine } from './engine-run.ts'
import type { Graph } from './graph.ts'
import type * as Interpreter from './interpreter.ts'
import { randomGraph } from './random-graph.ts'

const GRAPHS = 200

interface Mutant {
  readonly from: string
  readonly to: string
}

const MUTANTS: Readonly<Record<string, Mutant>> = {
  'a fork comes before what it was forked off': {
    from: 'call.emits.entries()',
    to: '[...call.emits.entries()].reverse()'
  },
  'a retry counts as a hop': {
    from: '{ ...instance, hasFailedOnce: true }\n      failures',
    to: '{ ...instance, hasFailedOnce: true, hops: instance.hops + 1 }\n      failures'
  },
  'a retry is a visit': {
    from: '{ ...instance, hasFailedOnce: true }\n      failures',
    to: '{ ...instance, hasFailedOnce: true, path: [...instance.path, name] }\n      failures'
  },
  'the reason of a drop is lost': { from: "call.drop ?? 'filtered'", to: "'filtered'" },
  'a loop shows once in the path': {
    from: 'path: [...before.path, name] }\n    const failures',
    to: 'path: before.path.at(-1) === name ? before.path : [...before.path, name] }\n    const failures'
  },
  'a carriage return is lost from the line end': {
    from: 'Buffer.from(line.end))',
    to: "Buffer.from(line.end && '\\n'))"
  },
  'no line end is added where one is missing': { from: "line.end === '' ? line.endBefore : ''", to: "''" },
  'an unchanged line is encoded anew': { from: 'if (end.isChanged) content', to: 'content' },
  'what a call emitted before it threw stays': {
    from: 'if (decision.throws !== undefined) return',
    to: 'if (decision.throws !== undefined && decision.emits.length === 0) return'
  },
  'a failed line goes on with an error for ever': { from: '{ ...instance, error: undefined }', to: 'instance' },
  'an attempt that failed is forgotten': { from: 'hasFailedOnce: true }\n      failures', to: '}\n      failures' },
  'the hop limit is one too high': { from: 'before.hops >= maxHops', to: 'before.hops > maxHops' },
  'one line more than the limit is allowed': {
    from: 'if (instances > maxDescendants)',
    to: 'if (instances > maxDescendants + 1)'
  },
  'a consumer drops what it finishes': {
    from: 'isEnd && !isMapper && call.drop',
    to: 'isEnd && isMapper && call.drop'
  },
  'a dead letter has the line without its end': {
    from: 'Buffer.concat([line.text, Buffer.from(line.end)])',
    to: 'line.text'
  },
  'a fork has the id of its line': { from: "fork === 0 ? '' : `.${fork}`", to: "''" },
  'a hop sends on what it was given': { from: 'value: asText(instance.value), child', to: 'value: hop.before, child' },
  'what a hop sent on leads nowhere': { from: 'child: hops.length }', to: 'child: -1 }' },
  'a tag is told by where it leads': { from: 'const emission = { tag,', to: 'const emission = { tag: tag && way,' },
  'a failed try is told of no hop': { from: 'hop.failures.push(', to: 'String(' }
}

describe('the interpreter', () => {
  const graphs: Graph[] = []
  const runs: EngineRun[] = []

  before(async () => {
    for (let seed = 0; seed < GRAPHS; seed++) {
      graphs.push(randomGraph(seed))
      runs.push(await runEngine(graphs[seed]))
    }
  })

  const differing = async (url: string): Promise<number> => {
    const { interpret } = (await import(url)) as typeof Interpreter
    return graphs.filter((graph, index) => {
      const outcome = interpret(linesRead(graph, runs[index]))
      try {
        compare(graph, runs[index], outcome)
        return false
      } catch {
        return true
      }
    }).length
  }

  test('agrees with the engine as it is', async () => {
    assert.equal(await differing(new URL('./interpreter.ts', import.meta.url).href), 0)
  })

  for (const [what, change] of Object.entries(MUTANTS)) {
    test(`is seen to be wrong when ${what}`, async t => {
      const url = mutantUrl(t, new URL('./interpreter.ts', import.meta.url).href, [change])
      assert.ok((await differing(url)) > 0)
    })
  }
})
