// Compiles the part of a condition that only looks at text into closures: through the CEL library the same test costs
// four times what the rest of the engine does for the line.
//
// Text never has a missing field and these operators never fail on text, so no error handling is needed here. What is
// not in the list below is undefined: the library evaluates the whole condition then.

import type { ConditionContext } from './condition.ts'
import { compilePattern } from './pattern.ts'
import { type CelNode, methodCall, operands, textLiteral } from './tree.ts'

export type TextTest = (line: string, context: ConditionContext) => boolean

/** A text that a test looks at. */
type Operand =
  | { readonly kind: 'line' }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'context'; readonly read: (context: ConditionContext) => string }

type Reader = (line: string, context: ConditionContext) => string

export function compileTextTest(node: CelNode): TextTest | undefined {
  if (node.meta.alternate !== undefined || node.meta.macro !== undefined) return undefined
  switch (node.op) {
    case 'value':
      return typeof node.args === 'boolean' ? constant(node.args) : undefined
    case '!_':
      return not(compileTextTest(node.args as CelNode))
    case '&&':
    case '||':
      return compileChain(node)
    case '==':
    case '!=':
      return compileEquality(node)
    case 'in':
      return compileMembership(node)
    case 'rcall':
      return compileMethod(node)
    default:
      return undefined
  }
}

/** The text that `line.contains("…")`, when that is the whole condition, looks for. */
export function containsOnly(node: CelNode): string | undefined {
  const call = methodCall(node)
  if (call?.method !== 'contains' || call.arguments.length !== 1 || operand(call.receiver)?.kind !== 'line')
    return undefined
  return textLiteral(call.arguments[0])
}

function constant(value: boolean): TextTest {
  return () => value
}

function not(test: TextTest | undefined): TextTest | undefined {
  return test === undefined ? undefined : (line, context) => !test(line, context)
}

function compileChain(node: CelNode): TextTest | undefined {
  const tests: TextTest[] = []
  // `a || b || c` leans to the left; the loop keeps long chains off the stack.
  let rest = node
  while (rest.op === node.op) {
    const [left, right] = operands(rest)
    const test = compileTextTest(right)
    if (test === undefined) return undefined
    tests.unshift(test)
    rest = left
  }
  const first = compileTextTest(rest)
  if (first === undefined) return undefined
  return node.op === '||' ? any(first, tests) : all(first, tests)
}

function any(first: TextTest, others: readonly TextTest[]): TextTest {
  const [second, third] = others
  if (others.length === 1) return (line, context) => first(line, context) || second(line, context)
  if (others.length === 2) {
    return (line, context) => first(line, context) || second(line, context) || third(line, context)
  }
  return (line, context) => {
    if (first(line, context)) return true
    for (const other of others) if (other(line, context)) return true
    return false
  }
}

function all(first: TextTest, others: readonly TextTest[]): TextTest {
  const [second, third] = others
  if (others.length === 1) return (line, context) => first(line, context) && second(line, context)
  if (others.length === 2) {
    return (line, context) => first(line, context) && second(line, context) && third(line, context)
  }
  return (line, context) => {
    if (!first(line, context)) return false
    for (const other of others) if (!other(line, context)) return false
    return true
  }
}

function compileEquality(node: CelNode): TextTest | undefined {
  const [left, right] = operands(node)
  const a = operand(left)
  const b = operand(right)
  if (a === undefined || b === undefined) return undefined
  const isWanted = node.op === '=='
  const literal = a.kind === 'literal' ? a : b.kind === 'literal' ? b : undefined
  const other = literal === a ? b : a
  if (literal !== undefined && other.kind === 'line') {
    const { text } = literal
    return isWanted ? line => line === text : line => line !== text
  }
  const readA = reader(a)
  const readB = reader(b)
  return (line, context) => (readA(line, context) === readB(line, context)) === isWanted
}

// Comparing text with a few texts is cheaper than hashing it.
const FEW = 8

function compileMembership(node: CelNode): TextTest | undefined {
  const [left, right] = operands(node)
  const value = operand(left)
  if (value === undefined || right.op !== 'list') return undefined
  const texts = (right.args as CelNode[]).map(textLiteral)
  if (!texts.every(text => text !== undefined)) return undefined
  const read = reader(value)
  if (texts.length <= FEW) return (line, context) => texts.includes(read(line, context))
  const set = new Set(texts)
  return (line, context) => set.has(read(line, context))
}

function compileMethod(node: CelNode): TextTest | undefined {
  const call = methodCall(node)!
  const receiver = operand(call.receiver)
  if (receiver === undefined || call.arguments.length !== 1) return undefined
  const argument = operand(call.arguments[0])
  if (argument === undefined) return undefined
  if (call.method === 'matches')
    return argument.kind === 'literal' ? matches(reader(receiver), argument.text) : undefined
  if (receiver.kind === 'line' && argument.kind === 'literal') return lineTest(call.method, argument.text)
  const text = reader(receiver)
  const part = reader(argument)
  switch (call.method) {
    case 'contains':
      return (line, context) => text(line, context).includes(part(line, context))
    case 'startsWith':
      return (line, context) => text(line, context).startsWith(part(line, context))
    case 'endsWith':
      return (line, context) => text(line, context).endsWith(part(line, context))
    default:
      return undefined
  }
}

function lineTest(method: string, part: string): TextTest | undefined {
  switch (method) {
    case 'contains':
      return line => line.includes(part)
    case 'startsWith':
      return line => line.startsWith(part)
    case 'endsWith':
      return line => line.endsWith(part)
    default:
      return undefined
  }
}

function matches(read: Reader, text: string): TextTest {
  const pattern = compilePattern(text)
  return (line, context) => pattern.test(read(line, context))
}

function operand(node: CelNode): Operand | undefined {
  const text = textLiteral(node)
  if (text !== undefined) return { kind: 'literal', text }
  if (node.op !== 'id') return undefined
  switch (node.args) {
    case 'line':
      return { kind: 'line' }
    case 'source':
      return { kind: 'context', read: context => context.source }
    case 'file':
      return { kind: 'context', read: context => context.file ?? '' }
    case 'tag':
      return { kind: 'context', read: context => context.tag }
    default:
      return undefined
  }
}

function reader(operand: Operand): Reader {
  switch (operand.kind) {
    case 'line':
      return line => line
    case 'literal': {
      const { text } = operand
      return () => text
    }
    case 'context': {
      const { read } = operand
      return (_line, context) => read(context)
    }
  }
}
