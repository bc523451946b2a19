import { defineProcessor } from 'linescope'

export const parseError = defineProcessor({
  name: 'parse-error',
  summary: 'Splits an error line into code and message.',
  emits: ['end', 'unparsed'],

  create: () => (line, emit) => {
    const match = /^\S+ ERROR E(\d+) (.*)$/.exec(line)
    if (match) emit('end', { code: Number(match[1]), message: match[2] })
    else emit('unparsed', line)
  }
})
