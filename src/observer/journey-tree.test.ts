import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { journeyTree, routeText } from './journey-tree.ts'

const NAMES = ['start', 'a', 'b', 'end']

describe('the tree of a journey', () => {
  test('is a list for a line that was not forked', () => {
    const tree = journeyTree([{ nodes: [0, 1, 3], forkDepth: 0 }])

    assert.deepEqual(tree.visits, [
      { node: 0, parent: -1 },
      { node: 1, parent: 0 },
      { node: 3, parent: 1 }
    ])
    assert.deepEqual(tree.leafVisits, [2])
    assert.equal(routeText(tree, NAMES), 'start > a > end')
  })

  test('shares the visits before a fork and no others', () => {
    const tree = journeyTree([
      { nodes: [0, 1, 3], forkDepth: 0 },
      { nodes: [0, 2, 3], forkDepth: 1 }
    ])

    assert.equal(tree.visits.length, 5)
    assert.equal(routeText(tree, NAMES), 'start > (a > end | b > end)')
  })

  test('tells two visits of one name apart', () => {
    // One call emitted twice under the same tag: the ways read the same, but only the first visit is shared.
    const tree = journeyTree([
      { nodes: [0, 1], forkDepth: 0 },
      { nodes: [0, 1], forkDepth: 1 }
    ])

    assert.equal(routeText(tree, NAMES), 'start > (a | a)')
    assert.deepEqual(tree.leafVisits, [1, 2])
  })

  test('nests forks', () => {
    const tree = journeyTree([
      { nodes: [0, 1, 2], forkDepth: 0 },
      { nodes: [0, 1, 3], forkDepth: 2 },
      { nodes: [0, 3], forkDepth: 1 }
    ])

    assert.equal(routeText(tree, NAMES), 'start > (a > (b | end) | end)')
    assert.deepEqual(tree.leafVisits, [2, 3, 4])
  })

  test('puts a leaf without a visit of its own on the visit that it shares', () => {
    // An emission under a tag that nobody has visits nothing.
    const tree = journeyTree([
      { nodes: [0], forkDepth: 0 },
      { nodes: [0, 1, 3], forkDepth: 1 }
    ])

    assert.deepEqual(tree.leafVisits, [0, 2])
    assert.equal(routeText(tree, NAMES), 'start > a > end')
  })

  test('is empty for a line that visited nothing', () => {
    const tree = journeyTree([{ nodes: [], forkDepth: 0 }])

    assert.deepEqual(tree.leafVisits, [-1])
    assert.equal(routeText(tree, NAMES), '')
  })

  test('survives a depth that no writer writes', () => {
    const tree = journeyTree([
      { nodes: [0, 1], forkDepth: -5 },
      { nodes: [0], forkDepth: 999 }
    ])

    assert.deepEqual(tree.leafVisits, [1, 0])
  })

  test('is written without recursion, however deep', () => {
    const nodes = Array.from({ length: 50_000 }, () => 0)

    assert.equal(routeText(journeyTree([{ nodes, forkDepth: 0 }]), NAMES).split(' > ').length, 50_000)
  })
})
