// Poison lines of twelve kinds among good ones: each is a dead letter with the bytes that it had, and all others go
// through. Few of them take their lane down with them; most are failures of the ordinary kinds.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { readDeadLetters } from '../../src/state/dead-letter-log/reader.ts'
import { stateFoldersIn } from '../../src/state/state-folder.ts'
import { reportOf } from './support/answers.ts'
import { makeFolder, start } from './support/cli.ts'
import { ALONE } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const LINES = IS_LONG ? 1_000_000 : 20_000
const POISON = IS_LONG ? 10_000 : 240
/** Of each kind that takes the lane down; those of the other kinds share the rest. */
const DEADLY = IS_LONG ? 3 : 1

/** What is told of each kind: the error's code, or its name. */
const KINDS = {
  throws: 'Error',
  rejects: 'TypeError',
  never: 'timeout',
  json: 'Error',
  long: 'line_too_long',
  around: 'hop_limit',
  many: 'fanout_limit',
  nowhere: 'unmatched',
  number: 'wrong_value',
  record: 'wrong_input',
  overflow: 'RangeError',
  hangs: 'hung',
  exits: 'killed_lane'
} as const
type Kind = keyof typeof KINDS
const DEADLY_KINDS: readonly Kind[] = ['hangs', 'exits']
const MILD_KINDS = (Object.keys(KINDS) as Kind[]).filter(kind => !DEADLY_KINDS.includes(kind))

const MODULE = `
import { defineProcessor } from 'linescope'

const overflow = (depth: number): number => overflow(depth + 1) + 1

export const sort = defineProcessor({
  name: 'sort',
  summary: 'Lets good lines through.',
  emits: ['end', 'parse', 'around', 'wait', 'shout'],
  create: () => (line, emit) => {
    const kind = /^\\d+ poison (\\w+)/.exec(line)?.[1]
    if (kind === undefined) emit('end', line)
    else if (kind === 'throws') throw new Error('not this one')
    else if (kind === 'rejects' || kind === 'never') emit('wait', line)
    else if (kind === 'json') emit('parse', line)
    else if (kind === 'around') emit('around', line)
    else if (kind === 'many') for (let fork = 0; fork < 200; fork++) emit('end', line + fork)
    else if (kind === 'nowhere') emit('nobody' as 'end', line)
    else if (kind === 'number') emit('end', 7 as never)
    else if (kind === 'record') emit('shout', { line })
    else if (kind === 'overflow') overflow(0)
    else if (kind === 'hangs') for (;;);
    else if (kind === 'exits') process.exit(3)
  }
})

export const around = defineProcessor({
  name: 'around',
  summary: 'Sends lines round, without an end.',
  emits: ['around'],
  create: () => (line, emit) => emit('around', line)
})

export const wait = defineProcessor({
  name: 'wait',
  summary: 'Waits for what does not come.',
  emits: ['end'],
  create: () => async line => {
    if (line.includes('rejects')) throw new TypeError('rejected')
    await new Promise(() => undefined)
  }
})
`

const PIPELINE = `
source: { file: { path: in.log } }
limits: { max_line_bytes: 2KiB, max_descendants: 100 }
entry: sort
processors:
  sort: { use: ./steps.ts#sort, timeout: 1s }
  parse: { parse_json: {}, to: end }
  around: { use: ./steps.ts#around }
  wait: { use: ./steps.ts#wait, timeout: 500ms, concurrency: 1024 }
  shout: { uppercase: {}, to: end }
sinks:
  end: { file: { path: out.log } }
`

interface Written {
  readonly kinds: readonly Kind[]
  /** Of the poison lines with their line ends, in order. */
  readonly poison: string
  readonly good: string
}

/** Poison lines stand at equal distances, the deadly ones among them too. */
function writeInput(folder: string): Written {
  const kinds: Kind[] = []
  const poison = createHash('sha256')
  const good = createHash('sha256')
  const descriptor = openSync(join(folder, 'in.log'), 'w')
  let text = ''
  for (let number = 0; number < LINES; number++) {
    const end = number % 5 === 0 ? '\r\n' : '\n'
    if (Math.floor(((number + 1) * POISON) / LINES) > kinds.length) {
      const kind = kindOf(kinds.length)
      kinds.push(kind)
      const line = `${number} poison ${kind} größer${kind === 'long' ? 'x'.repeat(3_000) : ''}${end}`
      poison.update(line)
      text += line
    } else {
      const line = `${number} ${'abcdef '.repeat(number % 9)}${end}`
      good.update(line)
      text += line
    }
    if (text.length > 1_000_000 || number === LINES - 1) {
      writeSync(descriptor, text)
      text = ''
    }
  }
  closeSync(descriptor)
  return { kinds, poison: poison.digest('hex'), good: good.digest('hex') }
}

function kindOf(index: number): Kind {
  const deadly = DEADLY_KINDS.length * DEADLY
  const distance = Math.floor(POISON / deadly)
  const which = Math.floor(index / distance)
  if (index % distance === 0 && which < deadly) return DEADLY_KINDS[which % DEADLY_KINDS.length]
  return MILD_KINDS[index % MILD_KINDS.length]
}

describe('poison lines', () => {
  test(`of ${Object.keys(KINDS).length} kinds are dead letters, byte for byte, and all others go through`, async t => {
    const folder = makeFolder(t, {
      'pipeline.yaml': PIPELINE,
      'steps.ts': MODULE,
      'package.json': '{ "type": "module" }'
    })
    const written = writeInput(folder)
    assert.equal(written.kinds.length, POISON)

    const startedAt = performance.now()
    // A million lines take longer than anything else here.
    const ended = await start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder }).ended
    t.diagnostic(`${((performance.now() - startedAt) / 1000).toFixed(1)} s`)

    const { ledger, exit_code: exitCode } = reportOf(ended)
    assert.equal(exitCode, 0, ended.stderr)
    assert.deepEqual(
      [ledger.entered, ledger.delivered, ledger.dead + ledger.unmatched],
      [LINES, LINES - POISON, POISON]
    )
    const [stateFolder] = stateFoldersIn(join(folder, '.linescope'))
    const told: string[] = []
    const bytes = createHash('sha256')
    for (const entry of readDeadLetters(stateFolder)) {
      assert.equal(entry.kind, 'letter')
      if (entry.kind !== 'letter') continue
      const { kind, error, original } = entry.letter
      bytes.update(original.bytes)
      told.push(kind === 'unmatched' ? kind : (error?.code ?? error?.name ?? ''))
    }
    assert.deepEqual(
      told,
      written.kinds.map(kind => KINDS[kind])
    )
    assert.equal(bytes.digest('hex'), written.poison)
    assert.equal(
      createHash('sha256')
        .update(readFileSync(join(folder, 'out.log')))
        .digest('hex'),
      written.good
    )
  })
})
