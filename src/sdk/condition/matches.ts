// The method `matches`, with patterns of our own in place of the library's, which compiles one for every line.

import { flatCopy } from '../flat-copy.ts'
import { ConditionError } from './condition-error.ts'
import { compilePattern, PatternError } from './pattern.ts'
import { type CelNode, evaluationOf, methodCall, nodesOf, textLiteral } from './tree.ts'

export interface MatchesCall {
  readonly node: CelNode
  readonly receiver: CelNode
  readonly argument: CelNode
  /** Undefined when the pattern is not written out in the condition. */
  readonly pattern: RegExp | undefined
}

/** Every call of `matches`. Throws a ConditionError for a pattern that is not valid. */
export function findMatchesCalls(root: CelNode): MatchesCall[] {
  const calls: MatchesCall[] = []
  for (const node of nodesOf(root)) {
    const call = methodCall(node)
    const argument = call?.arguments[0]
    if (call?.method !== 'matches' || argument === undefined || call.arguments.length !== 1) continue
    const text = textLiteral(argument)
    const pattern = text === undefined ? undefined : compileAt(text, argument.start)
    calls.push({ node, receiver: call.receiver, argument, pattern })
  }
  return calls
}

function compileAt(text: string, offset: number): RegExp {
  try {
    return compilePattern(text)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw new ConditionError(error.message, { offset, hint: error.hint, cause: error })
  }
}

/** Patches the tree, after its type check. */
export function replaceMatches(calls: readonly MatchesCall[]): void {
  for (const { node, receiver, argument, pattern } of calls) {
    const original = evaluationOf(node)
    const compile = pattern === undefined ? rememberingCompiler() : undefined
    node.evaluate = (evaluator, _node, variables) => {
      const text = receiver.evaluate(evaluator, receiver, variables)
      const written = pattern ?? argument.evaluate(evaluator, argument, variables)
      // For anything but text the library knows the error.
      if (typeof text !== 'string') return original(evaluator, node, variables)
      if (written instanceof RegExp) return written.test(text)
      if (typeof written !== 'string') return original(evaluator, node, variables)
      return compile!(written).test(text)
    }
  }
}

const MAX_REMEMBERED = 64

function rememberingCompiler(): (text: string) => RegExp {
  const remembered = new Map<string, RegExp>()
  return text => {
    let pattern = remembered.get(text)
    if (pattern === undefined) {
      const kept = flatCopy(text)
      pattern = compilePattern(kept)
      if (remembered.size === MAX_REMEMBERED) remembered.clear()
      remembered.set(kept, pattern)
    }
    return pattern
  }
}
