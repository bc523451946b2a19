// Holds each line for a time, never shorter than asked. To slow a pipeline down, and to see what a slow processor does.
//
// As a rule it waits without keeping anything else from running; with `block` it puts its whole thread to sleep, as a
// processor does that computes for long.

import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'

import { defineProcessor, option } from '../sdk/index.ts'

export const delay = defineProcessor({
  name: 'delay',
  summary: 'Holds each line for a time.',
  options: z.strictObject({
    ms: option.duration({ description: 'How long.' }),
    block: z.boolean().default(false).describe('Put the whole thread to sleep instead of waiting beside other work.')
  }),
  accepts: 'any',

  create: ({ ms, block }, setup) => {
    if (ms === 0) return line => line
    if (block) {
      return line => {
        setup.blockThread(ms)
        return line
      }
    }
    return async (line, { signal }) => {
      await atLeast(ms, signal)
      return line
    }
  }
})

// A timer may fire up to a millisecond early.
async function atLeast(milliseconds: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + milliseconds
  for (let rest = milliseconds; rest > 0; rest = end - performance.now()) await setTimeout(rest, undefined, { signal })
}
