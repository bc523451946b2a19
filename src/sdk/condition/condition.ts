// Conditions: the text behind every `when:`, in CEL, compiled once and then asked of each line.
//
// A condition sees `line`, `source`, `file`, `line_number` and `tag`. A missing field makes the comparison that needs it
// false; any other failure of the evaluation is thrown and is an error of the processor.

import { quote } from '../../base/quote.ts'
import type { LineValue } from '../line.ts'
import { ConditionError } from './condition-error.ts'
import { environment } from './environment.ts'
import { evaluateByLibrary } from './evaluate.ts'
import { callProblem, explainText, typeName } from './explain.ts'
import { findMatchesCalls, type MatchesCall, replaceMatches } from './matches.ts'
import { treatMissingFieldAsFalse } from './missing-field.ts'
import { isLinearTime } from './pattern.ts'
import { compileTextTest, containsOnly } from './text-test.ts'
import { type CelNode, methodCall, nodesOf, textLiteral } from './tree.ts'

/** What a condition knows of its line besides its value. A processor's context is one. */
export interface ConditionContext {
  readonly source: string
  readonly file: string | undefined
  readonly lineNumber: number
  readonly tag: string
}

/** Throws a ConditionError when it cannot be evaluated for this line. */
export type Condition = (line: LineValue, context: ConditionContext) => boolean

/** Throws a ConditionError with the place of the mistake in the text. */
export function compileCondition(text: string): Condition {
  const { root, evaluate } = parse(text)
  const byLibrary = evaluateByLibrary(evaluate, text)
  const needle = containsOnly(root)
  if (needle !== undefined) {
    return (line, context) => (typeof line === 'string' ? line.includes(needle) : byLibrary(line, context))
  }
  const test = compileTextTest(root)
  if (test === undefined) return byLibrary
  return (line, context) => (typeof line === 'string' ? test(line, context) : byLibrary(line, context))
}

/** The same condition without the closures for text: slower, and what they are compared with. */
export function compileByLibrary(text: string): Condition {
  return evaluateByLibrary(parse(text).evaluate, text)
}

/** What should be known about a condition that is correct: patterns that one hostile line could keep busy. */
export function conditionWarnings(text: string): string[] {
  return parse(text).patterns.flatMap(({ argument, pattern }) => {
    const shown = quote(textLiteral(argument) ?? text.slice(argument.start, argument.end))
    if (pattern === undefined) {
      return [`pattern ${shown} is known only when a line is there, so it cannot be checked before the start`]
    }
    if (isLinearTime(pattern) !== false) return []
    return [
      `pattern ${shown} cannot run in linear time (look-ahead, back-reference, \\p{…} or a large repeat), so a hostile ` +
        'line can keep it busy until the timeout of the processor'
    ]
  })
}

interface ParsedCondition {
  readonly root: CelNode
  readonly evaluate: (variables: object) => unknown
  readonly patterns: readonly MatchesCall[]
}

function parse(text: string): ParsedCondition {
  let parsed: ReturnType<typeof environment.parse>
  try {
    parsed = environment.parse(text)
  } catch (error) {
    throw explainText(error, text)
  }
  const { valid, type, error } = parsed.check()
  if (!valid) throw explainText(error, text)
  if (type !== 'bool' && type !== 'dyn') {
    throw new ConditionError(`a condition must be true or false, this one is ${typeName(type!)}`)
  }
  const root = parsed.ast as unknown as CelNode
  if (root.op === 'id') {
    throw new ConditionError('a condition must be true or false, this one is a whole line', {
      hint: 'Write for example line.contains("ERROR").'
    })
  }
  refuseCallsThatNeverFit(root)
  const patterns = findMatchesCalls(root)
  replaceMatches(patterns)
  treatMissingFieldAsFalse(root)
  return { root, evaluate: parsed, patterns }
}

// With a receiver of any type the library leaves the arguments unchecked, and `line.contains(5)` would fail every line.
function refuseCallsThatNeverFit(root: CelNode): void {
  for (const node of nodesOf(root)) {
    const call = methodCall(node)
    if (call === undefined || node.argTypes === undefined || node.candidates === undefined) continue
    if (node.candidates.findFunction(node.argTypes, call.receiver.checkedType) !== null) continue
    const given = node.argTypes.map(type => type.name)
    throw new ConditionError(callProblem(call.method, undefined, given), {
      offset: call.arguments[0]?.start ?? node.start
    })
  }
}
