// A definition comes from the user's code, where no compiler may have looked at it: checked before it is used.

import { describeThrown } from './load-failure.ts'
import { nameFault } from './names.ts'

/** What is wrong with a definition, or undefined. */
export function definitionFault(definition: object): string | undefined {
  try {
    const { name, emits, options, accepts } = definition as Record<string, unknown>
    if (name !== undefined && typeof name !== 'string') return 'its "name" must be text'
    if (emits !== undefined && typeof emits !== 'function') {
      const fault = tagsFault(emits)
      if (fault !== undefined) return fault
    }
    if (options !== undefined && !isSchema(options)) return 'its "options" must be a zod schema'
    if (accepts !== undefined && accepts !== 'text' && accepts !== 'record' && accepts !== 'any') {
      return 'its "accepts" must be "text", "record" or "any"'
    }
    return undefined
  } catch (thrown) {
    return describeThrown(thrown)
  }
}

export function tagsFault(tags: unknown): string | undefined {
  if (!Array.isArray(tags)) return 'its "emits" must be a list of tags'
  for (const tag of tags as unknown[]) {
    if (typeof tag !== 'string') return 'its "emits" must be a list of tags'
    const fault = nameFault(tag)
    if (fault !== undefined) return `its tag ${JSON.stringify(tag.slice(0, 80))} ${fault}`
  }
  return undefined
}

function isSchema(options: unknown): boolean {
  return typeof options === 'object' && options !== null && typeof Reflect.get(options, 'safeParseAsync') === 'function'
}
