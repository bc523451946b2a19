import { readFile } from 'node:fs/promises'

import { defineProcessor, flatCopy, option, z } from 'linescope'

const TIME = /^\d\d:\d\d:\d\d /

export const skipRepeats = defineProcessor({
  name: 'skip-repeats',
  summary: 'Drops a line that was there before, whatever its time.',
  options: z.strictObject({
    remember: option.integer({ min: 1, max: 100_000, default: 1000, description: 'How many different lines it knows.' })
  }),

  create: ({ remember }) => {
    const seen = new Set<string>()
    return (line, context) => {
      const text = line.replace(TIME, '')
      if (seen.has(text)) {
        context.drop('repeated')
        return undefined
      }
      // A Set goes in the order of entry: the first is the oldest.
      const [oldest = ''] = seen
      if (seen.size === remember) seen.delete(oldest)
      seen.add(flatCopy(text))
      return line
    }
  }
})

export const addOwner = defineProcessor({
  name: 'add-owner',
  summary: 'Adds to an alert the team that looks after it.',
  emits: ['end', 'unknown'],

  create: () => async (line, emit, context) => {
    const [, code, message] = /\bE(\d+) (.*)$/.exec(line) ?? []
    if (code === undefined) {
      context.drop('no alert')
      return
    }
    try {
      const owner = await readFile(new URL(`owners/${code}.txt`, import.meta.url), { signal: context.signal })
      emit('end', { code: Number(code), message, owner: owner.toString().trim() })
    } catch (error) {
      // Any other error is for the pipeline to handle: `retry`, then `on_error`.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      emit('unknown', line)
    }
  }
})
