// Evaluates a whole condition through the CEL library, for records and for whatever is not a plain test of text.

import type { JsonValue, LineValue } from '../line.ts'
import type { Condition, ConditionContext } from './condition.ts'
import { ConditionError } from './condition-error.ts'
import { explainEvaluation } from './explain.ts'

const NO_CONTEXT: ConditionContext = { source: '', file: undefined, lineNumber: 0, tag: '' }

/** What the library reads the variables from. One for each condition: evaluations do not nest. */
class Environment {
  #line: unknown = ''
  #context = NO_CONTEXT

  set(line: unknown, context: ConditionContext): void {
    this.#line = line
    this.#context = context
  }

  get line(): unknown {
    return this.#line
  }

  get source(): string {
    return this.#context.source
  }

  get file(): string {
    return this.#context.file ?? ''
  }

  get line_number(): bigint {
    return BigInt(this.#context.lineNumber)
  }

  get tag(): string {
    return this.#context.tag
  }
}

export function evaluateByLibrary(evaluate: (variables: object) => unknown, text: string): Condition {
  const variables = new Environment()
  return (line, context) => {
    try {
      variables.set(line, context)
      let result: unknown
      try {
        result = evaluate(variables)
      } catch (error) {
        if ((error as { code?: unknown } | null)?.code !== 'unsupported_type') throw error
        // The library takes a record for something else when it has a field named `constructor`; a Map it never does.
        variables.set(toMaps(line), context)
        result = evaluate(variables)
      }
      if (typeof result === 'boolean') return result
      throw new ConditionError(`the result must be true or false, not ${kindOf(result)}`)
    } catch (error) {
      throw explainEvaluation(error, text)
    } finally {
      // A line's text is a slice of its whole batch, which must not stay alive because of this.
      variables.set('', NO_CONTEXT)
    }
  }
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : 'a record'
}

function toMaps(value: LineValue | JsonValue): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toMaps)
  return new Map(Object.entries(value).map(([key, field]) => [key, toMaps(field)]))
}
