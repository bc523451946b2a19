// What a missing field means: the smallest yes-or-no part of the condition around it is false.
//
// So `line.status >= 500` is false for a record without status, `line.a == 1 || line.b == 2` needs one of both, and
// `!line.debug` holds for a record without debug. CEL itself would fail the evaluation.

import { type CelNode, children, evaluationOf, nodesOf, textLiteral } from './tree.ts'

// One object for all: building the library's error with its stack and its picture of the place costs 5 µs a line.
const MISSING = new Error('missing field')

const LOGICAL = new Set(['&&', '||', '!_'])
const CANNOT_MISS = new Set(['value', 'id', 'accuValue', 'accuInc'])

/** Patches the tree, after its type check. */
export function treatMissingFieldAsFalse(root: CelNode): void {
  const nodes = [...nodesOf(root)]
  for (const node of nodes) {
    if (node.op === 'id' && node.args === 'line') node.evaluate = readLine
    const key = constantKey(node)
    if (key !== undefined) node.evaluate = readField(node, key)
  }
  const guarded = new Set<CelNode>([root])
  for (const node of nodes) {
    if (node.checkedType?.name === 'bool') guarded.add(node)
    if (LOGICAL.has(node.op)) for (const child of children(node)) guarded.add(child)
    if (node.op === '?:') guarded.add(children(node)[0])
  }
  for (const node of guarded) {
    if (!LOGICAL.has(node.op) && !CANNOT_MISS.has(node.op)) node.evaluate = falseWhenMissing(node)
  }
}

// The library refuses a record that has a field named `constructor`; a name is data.
function readLine(_evaluator: unknown, _node: CelNode, variables: { getValue(name: string): unknown }): unknown {
  return variables.getValue('line')
}

function constantKey(node: CelNode): string | undefined {
  if (node.meta.alternate !== undefined || node.meta.macro !== undefined) return undefined
  if (node.op === '.') return (node.args as [CelNode, string])[1]
  if (node.op === '[]') return textLiteral((node.args as [CelNode, CelNode])[1])
  return undefined
}

function readField(node: CelNode, key: string): CelNode['evaluate'] {
  const target = (node.args as [CelNode, unknown])[0]
  return (evaluator, _node, variables) => {
    const value = target.evaluate(evaluator, target, variables)
    if (isRecord(value)) {
      const field = Object.hasOwn(value, key) ? value[key] : undefined
      if (field === undefined) throw MISSING
      return field
    }
    if (typeof value !== 'object' || value === null) throw MISSING
    return node.handle!(value, key, node, evaluator)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function falseWhenMissing(node: CelNode): CelNode['evaluate'] {
  const evaluate = evaluationOf(node)
  return (evaluator, _node, variables) => {
    try {
      return evaluate(evaluator, node, variables)
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }
}

function isMissing(error: unknown): boolean {
  if (error === MISSING) return true
  const code = (error as { code?: unknown } | null)?.code
  return code === 'no_such_key' || code === 'index_out_of_bounds'
}
