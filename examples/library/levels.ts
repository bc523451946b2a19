// Linescope inside a program: lines come from a stream, what comes out goes to a function.

import { createReadStream } from 'node:fs'

import { definePipeline, defineProcessor, run } from 'linescope'

const readLevel = defineProcessor({
  name: 'read-level',
  summary: 'Takes level and text out of a line of a log.',
  emits: ['end'],

  create: () => (line, emit, context) => {
    const match = /^\S+ (INFO|WARN|ERROR) (.*)$/.exec(line)
    if (match) emit('end', { level: match[1], text: match[2] })
    else context.drop('no level')
  }
})

const pipeline = definePipeline({ processors: { readLevel }, sinks: { end: { discard: {} } } })

const { done } = run(pipeline, {
  input: createReadStream(new URL('app.log', import.meta.url)),
  output: value => console.log(value)
})

const { stats } = await done
console.log(stats.ledger)
