// A source that tells the name of each input as it is opened, so that journeys and errors can show it.

import type { ByteInput, Source } from '../sdk/source.ts'

export function announceInputs(source: Source, announce: (number: number, input: ByteInput) => void): Source {
  let number = 0
  const opened = (input: ByteInput | undefined): ByteInput | undefined => {
    if (input !== undefined) announce(number++, input)
    return input
  }
  return {
    next() {
      const next = source.next()
      return next instanceof Promise ? next.then(opened) : opened(next)
    },
    get totalBytes() {
      return source.totalBytes
    },
    close: () => source.close()
  }
}
