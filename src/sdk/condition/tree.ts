// The syntax tree as the CEL library builds it: the part of its insides that conditions read and patch.
//
// The library publishes no way to override a built-in function or to treat a missing field, but it evaluates a tree by
// calling `node.evaluate`, and a function put on a node itself shadows the one of its class. Everything that leans on
// this is in this folder, the library's version is exact, and the tests fail when it stops being true.

export interface CelType {
  readonly name: string
  readonly kind: string
}

export type Evaluate = (evaluator: unknown, node: CelNode, variables: Variables) => unknown

/** The library's lookup of variables, comprehension variables included. */
export interface Variables {
  getValue(name: string): unknown
}

interface Candidates {
  findFunction(argumentTypes: readonly CelType[], receiverType?: CelType): unknown
}

interface Macro {
  readonly args?: readonly unknown[]
  readonly val?: CelNode
  readonly exp?: CelNode
  evaluate(evaluator: unknown, macro: Macro, variables: Variables): unknown
}

export interface CelNode {
  readonly op: string
  readonly args: unknown
  readonly start: number
  readonly end: number
  readonly meta: { readonly alternate?: CelNode; readonly macro?: Macro; readonly evaluate: Evaluate }
  /** Set by the type check. */
  readonly checkedType?: CelType
  readonly candidates?: Candidates
  readonly argTypes?: readonly CelType[]
  readonly handle?: (left: unknown, right: unknown, node: CelNode, evaluator: unknown) => unknown
  evaluate: Evaluate
}

/** `receiver.method(argument, …)` */
export interface MethodCall {
  readonly method: string
  readonly receiver: CelNode
  readonly arguments: readonly CelNode[]
}

export function methodCall(node: CelNode): MethodCall | undefined {
  if (node.op !== 'rcall') return undefined
  const [method, receiver, list] = node.args as [string, CelNode, CelNode[]]
  return { method, receiver, arguments: list }
}

export function operands(node: CelNode): readonly [CelNode, CelNode] {
  return node.args as [CelNode, CelNode]
}

export function textLiteral(node: CelNode): string | undefined {
  return node.op === 'value' && typeof node.args === 'string' ? node.args : undefined
}

/** The nodes that are evaluated for this one. What a macro was expanded to stands in place of the macro. */
export function children(node: CelNode): CelNode[] {
  const { alternate, macro } = node.meta
  if (alternate !== undefined) return [alternate]
  if (macro !== undefined) return [macro.val, macro.exp, ...(macro.args ?? [])].filter(isNode)
  return nodesIn(node.args)
}

function nodesIn(value: unknown): CelNode[] {
  if (isNode(value)) return [value]
  if (Array.isArray(value)) return value.flatMap(nodesIn)
  // A comprehension names its parts.
  if (typeof value === 'object' && value !== null && 'iterable' in value) {
    const { iterable, init, step } = value as Record<string, unknown>
    return [iterable, init, step].filter(isNode)
  }
  return []
}

function isNode(value: unknown): value is CelNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'evaluate' in value
}

/** Every node once, parents before children. Iterative: the tree of a long `||` chain is as deep as it is long. */
export function* nodesOf(root: CelNode): Generator<CelNode> {
  const seen = new Set<CelNode>()
  const pending = [root]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    yield node
    pending.push(...children(node).reverse())
  }
}

/** How the node is evaluated now. Only after the type check, which decides it. */
export function evaluationOf(node: CelNode): Evaluate {
  if (Object.hasOwn(node, 'evaluate')) return node.evaluate
  const { alternate, macro } = node.meta
  if (alternate !== undefined)
    return (evaluator, _node, variables) => alternate.evaluate(evaluator, alternate, variables)
  if (macro !== undefined) return (evaluator, _node, variables) => macro.evaluate(evaluator, macro, variables)
  return node.meta.evaluate
}
