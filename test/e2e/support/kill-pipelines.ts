// Pipelines for runs that are killed: between them they use several inputs and sinks, gzip, both line ends, forks,
// retries, asynchronous calls, dead and unmatched lines.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

export interface KilledPipeline {
  readonly name: string
  readonly pipeline: string
  readonly sinks: readonly string[]
  /** Writes the inputs into a folder; `lineCount` lines in all. */
  writeInputs(folder: string, lineCount: number): void
}

/** `spinMicroseconds` is what a line costs, so that kills find the run at work. */
export function modulesOf(spinMicroseconds: number): string {
  return `
import { setTimeout as sleep } from 'node:timers/promises'
import { defineProcessor } from 'linescope'

function spin(): void {
  const until = performance.now() + ${spinMicroseconds / 1000}
  while (performance.now() < until);
}

const numberOf = (line: string): number => Number(/^id=(\\d+)/.exec(line)?.[1])

export const sort = defineProcessor({
  name: 'sort',
  summary: 'Sends lines by their number.',
  emits: ['even', 'odd', 'nowhere'],
  create: () => (line, emit, context) => {
    spin()
    const number = numberOf(line)
    if (number % 1009 === 7) throw new Error('not this one: ' + number)
    if (number % 101 === 3) context.drop('every 101st')
    else if (number % 997 === 5) emit('nowhere', line)
    else emit(number % 2 === 0 ? 'even' : 'odd', line)
  }
})

export const fork = defineProcessor({
  name: 'fork',
  summary: 'Makes several of one.',
  emits: ['all', 'words', 'records'],
  create: () => (line, emit) => {
    spin()
    emit('all', line)
    for (const word of line.split(' ').slice(0, 3)) emit('words', word)
    if (numberOf(line) % 3 === 0) emit('records', { number: numberOf(line), text: line })
  }
})

export const wait = defineProcessor({
  name: 'wait',
  summary: 'Waits for some lines and fails for some at first.',
  emits: ['end'],
  create: () => (line, emit, context) => {
    spin()
    const number = numberOf(line)
    if (number % 499 === 1 && context.attempt === 1) throw new Error('try again')
    if (number % 2003 === 9) throw new Error('never')
    if (number % 50 !== 0) {
      emit('end', line)
      return
    }
    return sleep(number % 7).then(() => emit('end', 'waited ' + line))
  }
})

export const number = defineProcessor({
  name: 'number',
  summary: 'Counts the lines that it has seen.',
  emits: ['end'],
  create: () => {
    let count = 0
    return {
      process: (line, emit) => {
        spin()
        emit('end', ++count + ' ' + line)
      },
      snapshot: () => ({ count }),
      restore: (state) => {
        count = state.count
      }
    }
  }
})

export const around = defineProcessor({
  name: 'around',
  summary: 'Sends lines round until they are short.',
  emits: ['around', 'end'],
  create: () => (line, emit) => {
    spin()
    if (line.length > 60) emit('around', line.slice(0, -20))
    else emit('end', line)
  }
})
`
}

const TEXT = 'GET /some/path?with=query 200 -- größer, 日本語'

function lines(from: number, to: number, lineEnd: string): string {
  let text = ''
  for (let number = from; number < to; number++) {
    text += `id=${number} ${TEXT.slice(0, 10 + (number % 40))} ${'x'.repeat(number % 53)}${lineEnd}`
  }
  return text
}

export const KILLED_PIPELINES: readonly KilledPipeline[] = [
  {
    name: 'several inputs, gzip among them, and several sinks',
    pipeline: `
source: { file: { paths: [a.log, b.log.gz, c.log] } }
processors:
  sort: { use: ./steps.ts#sort, to: { nowhere: unheard-of } }
sinks:
  even: { file: { path: even.log } }
  odd: { file: { path: odd.log } }
  unheard-of: { discard: {} }
`,
    sinks: ['even.log', 'odd.log'],
    writeInputs(folder, lineCount) {
      const [first, second] = [Math.floor(lineCount / 3), Math.floor((lineCount * 2) / 3)]
      // Each ends without a line end.
      writeFileSync(join(folder, 'a.log'), lines(0, first, '\r\n').slice(0, -2))
      writeFileSync(join(folder, 'b.log.gz'), gzipSync(lines(first, second, '\n').slice(0, -1), { level: 1 }))
      writeFileSync(join(folder, 'c.log'), Buffer.from(`${lines(second, lineCount, '\n').slice(0, -1)}`))
    }
  },
  {
    name: 'forks into several sinks, records among them',
    pipeline: `
source: { file: { path: in.log } }
entry: fork
processors:
  fork: { use: ./steps.ts#fork, to: { records: json } }
  json: { to_json: {}, to: records }
sinks:
  all: { file: { path: all.log } }
  words: { file: { path: words.log } }
  records: { file: { path: records.log } }
`,
    sinks: ['all.log', 'words.log', 'records.log'],
    writeInputs: (folder, lineCount) => writeFileSync(join(folder, 'in.log'), lines(0, lineCount, '\n'))
  },
  {
    name: 'asynchronous calls and retries',
    pipeline: `
source: { file: { path: in.log } }
processors:
  wait: { use: ./steps.ts#wait, concurrency: 16, retry: { attempts: 2, backoff: 1ms } }
sinks:
  end: { file: { path: out.log } }
`,
    sinks: ['out.log'],
    writeInputs: (folder, lineCount) => writeFileSync(join(folder, 'in.log'), lines(0, lineCount, '\r\n'))
  },
  {
    name: 'a processor that keeps state, behind one that waits',
    pipeline: `
source: { file: { path: in.log } }
entry: wait
processors:
  wait: { use: ./steps.ts#wait, concurrency: 16, retry: { attempts: 2, backoff: 1ms }, to: { end: number } }
  number: { use: ./steps.ts#number }
sinks:
  end: { file: { path: out.log } }
`,
    sinks: ['out.log'],
    writeInputs: (folder, lineCount) => writeFileSync(join(folder, 'in.log'), lines(0, lineCount, '\n'))
  },
  {
    name: 'a cycle',
    pipeline: `
source: { file: { path: in.log } }
processors:
  around: { use: ./steps.ts#around }
sinks:
  end: { file: { path: out.log } }
`,
    sinks: ['out.log'],
    writeInputs: (folder, lineCount) => writeFileSync(join(folder, 'in.log'), lines(0, lineCount, '\n'))
  }
]
