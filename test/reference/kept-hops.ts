// The hops of kept journeys in the form that the interpreter gives: names and values in place of numbers and changes.

import { nodeNames, type Plan } from '../../src/engine/index.ts'
import { type KeptHop, type KeptRecord, type KeptText, TAG } from '../../src/shared-memory/index.ts'
import type { Hop } from './graph.ts'

export function hopsOf({ hops }: KeptRecord, plan: Plan): Hop[] {
  const names = nodeNames(plan)
  const before = new Map<number, string | undefined>([[0, hops[0]?.before?.text]])
  return hops.map((hop, index) => {
    const given = before.get(index)
    return {
      name: names[hop.node],
      before: given,
      emitted: hop.emissions.map(emission => {
        const value = emission.isChanged ? emission.value?.text : given
        if (emission.child >= 0) before.set(emission.child, value)
        return { tag: tagOf(hop, emission, plan), value, child: emission.child }
      }),
      failures: hop.attempts.flatMap(({ attempt, error }) =>
        error === undefined ? [] : [`${attempt} ${error.message}`]
      )
    }
  })
}

function tagOf(
  { node }: KeptHop<KeptText>,
  emission: KeptHop<KeptText>['emissions'][number],
  plan: Plan
): string | undefined {
  if (emission.undeclaredTag !== undefined) return emission.undeclaredTag.text
  if (emission.tag === TAG.onError) return '(on_error)'
  return emission.tag < 0 ? undefined : plan.processors[node].tags[emission.tag].tag
}
