import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { simplePlan } from '../testing/simple-plan.ts'
import { countSenders, edgeBases, processorTargets, successors } from './edges.ts'
import type { Plan } from './plan.ts'
import { planSteps } from './steps.ts'

const consumer = (...emits: string[]) => ({ name: 'p', summary: '', emits, create: () => () => undefined })

describe('steps', () => {
  test('have each processor behind all that send to it', () => {
    // 0 → 3 → 1 → 2, and 0 → 1
    assert.deepEqual(planSteps([[3, 1], [2], [], [1]]), [
      { nodes: [0], isCycle: false },
      { nodes: [3], isCycle: false },
      { nodes: [1], isCycle: false },
      { nodes: [2], isCycle: false }
    ])
  })

  test('take the processors of a cycle together, and one that sends to itself as a cycle', () => {
    assert.deepEqual(planSteps([[1], [2, 3], [1], [3, 4], []]), [
      { nodes: [0], isCycle: false },
      { nodes: [1, 2], isCycle: true },
      { nodes: [3], isCycle: true },
      { nodes: [4], isCycle: false }
    ])
  })

  test('put every edge forwards or inside a cycle, in any graph', () => {
    for (let seed = 1; seed <= 500; seed++) {
      let state = seed
      const next = (below: number) => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
        return (state >> 8) % below
      }
      const count = 1 + next(9)
      const edges = Array.from({ length: count }, () => Array.from({ length: next(4) }, () => next(count)))
      const steps = planSteps(edges)
      const stepOf = (node: number) => steps.findIndex(({ nodes }) => nodes.includes(node))

      assert.deepEqual(new Set(steps.flatMap(({ nodes }) => nodes)), new Set(edges.keys()))
      assert.equal(
        steps.reduce((sum, { nodes }) => sum + nodes.length, 0),
        count
      )
      for (const [from, targets] of edges.entries()) {
        for (const target of targets) {
          assert.ok(stepOf(from) < stepOf(target) || (stepOf(from) === stepOf(target) && steps[stepOf(from)].isCycle))
        }
      }
      for (const { nodes, isCycle } of steps) {
        // Each of a cycle comes back to itself, and no processor outside one does.
        for (const node of nodes) assert.equal(reaches(edges, node, node), isCycle, `seed ${seed}`)
      }
    }
  })

  test('are made for a chain of 100,000 processors', () => {
    const chain = Array.from({ length: 100_000 }, (_, node) => (node === 99_999 ? [] : [node + 1]))

    assert.equal(planSteps(chain).length, 100_000)
  })
})

function reaches(edges: readonly number[][], from: number, to: number): boolean {
  const seen = new Set<number>()
  const open = [...edges[from]]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === to) return true
    if (seen.has(node)) continue
    seen.add(node)
    open.push(...edges[node])
  }
  return false
}

describe('edges', () => {
  const plan: Plan = simplePlan(
    {
      start: { use: consumer('next', 'other', 'end'), onError: { to: 'other' } },
      next: { use: () => '', to: 'end' },
      other: { use: consumer(), onError: { to: 'end' } },
      last: { use: () => '' }
    },
    { sinks: ['end'] }
  )

  test('are numbered by processor: its tags, then the way of failed lines', () => {
    assert.deepEqual(plan.processors.map(processorTargets), [[1, 2, 4, 2], [4], [-1, 4], [-1]])
    assert.deepEqual(edgeBases(plan), [0, 4, 5, 7, 8])
  })

  test('lead on to processors only, each named once', () => {
    assert.deepEqual(
      plan.processors.map((_, id) => successors(plan, id)),
      [[1, 2], [], [], []]
    )
  })

  test('are counted where they arrive, the entrance being one', () => {
    assert.deepEqual(countSenders(plan), [1, 1, 2, 0])
  })
})
