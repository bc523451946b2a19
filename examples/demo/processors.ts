// Processors of the demo. Your own look the same.

import { defineProcessor } from 'linescope'

export const parseError = defineProcessor({
  name: 'parse-error',
  summary: 'Splits an error line into code and message.',
  emits: ['end', 'unparsed'],

  create: () => (line, emit, context) => {
    const match = /^(\S+) ERROR (\S+) E(\d+) (.*)$/.exec(line)
    if (match === null) {
      emit('unparsed', line)
      return
    }
    const [, time, service, digits, message] = match
    const code = Number(digits)

    // Nothing for us to mend: said with a reason, so that nobody has to wonder where the line went.
    if (code === 1042) {
      context.drop('card declined')
      return
    }
    // Works at the second try, as such things do.
    if (code === 1017 && context.attempt === 1) throw new Error('The bank did not answer.')
    // Never works: after three tries the line is a dead letter.
    if (code === 4001) throw new Error('The mailbox is full.')

    emit('end', { time, service, code, message })
  }
})
