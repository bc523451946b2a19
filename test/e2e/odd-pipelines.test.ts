// Mistakes in a pipeline, as they are told to who made them: file, line, column, what is wrong, what to do. And names
// that are no mistake although they look like one.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { assertRefused, reportOf } from './support/answers.ts'
import { linescope, makeFolder } from './support/cli.ts'
import { ALONE, pipelineOf } from './support/pipelines.ts'

const UPPERCASE = '{ uppercase: {}, to: end }'

describe('a mistake in a pipeline is said with its place, and nothing is written', () => {
  const mistakes: readonly (readonly [what: string, pipeline: string, message: string])[] = [
    [
      'a tab [D3]',
      'processors:\n\ta: { trim: {}, to: end }\n',
      'pipeline.yaml:2:1: a tab is used to indent. Use spaces.'
    ],
    [
      'a duplicate key [D3]',
      pipelineOf(`${UPPERCASE}\n  step: { trim: {}, to: end }`),
      'pipeline.yaml:5:3: the key "step" stands here a second time; the first is in line 4'
    ],
    [
      'an unknown key, with the near one [D3]',
      pipelineOf(UPPERCASE).replace('processors', 'procesors'),
      'pipeline.yaml:3:1: unknown key "procesors". Did you mean "processors"?'
    ],
    [
      'an unknown built-in, with the near one',
      pipelineOf('{ upercase: {}, to: end }'),
      'pipeline.yaml:4:11: there is no built-in processor "upercase". Did you mean "uppercase"?'
    ],
    [
      'a tag that nobody has, with the near one [D5]',
      pipelineOf('{ uppercase: {}, to: ned }'),
      'pipeline.yaml:4:30: no processor or sink is named "ned". Did you mean "end"?'
    ],
    [
      'an unreachable processor [D5]',
      pipelineOf(`${UPPERCASE}\n  other: { trim: {}, to: end }\nentry: step`),
      'pipeline.yaml:5:3: the processor "other" cannot be reached: nothing leads to it from "step". Connect or remove it.'
    ],
    [
      'a cycle with no way out [D5]',
      pipelineOf('{ trim: {}, to: other }\n  other: { trim: {}, to: step }\nentry: step'),
      'pipeline.yaml:4:3: the processors "step" and "other" lead only to one another. Every line would go round until it is a dead letter after 64 visits: connect one of them to a sink.'
    ],
    [
      'a name that is used twice [D5]',
      pipelineOf('{ trim: {}, to: end }').replace('step', 'end'),
      'pipeline.yaml:6:3: the name "end" is used twice: a processor in line 4 has it too. Rename one of them.'
    ],
    [
      'a condition that is not finished',
      pipelineOf(`{ filter: { when: 'line.contains("a"' }, to: end }`),
      'pipeline.yaml:4:45: "when" of "filter": expected ")", found the end'
    ],
    [
      'several mistakes at once, each in its line [D5]',
      pipelineOf('{ trim: {}, to: ned, timeout: 1x }'),
      'pipeline.yaml:4:25: no processor or sink is named "ned". Did you mean "end"?\n' +
        'pipeline.yaml:4:39: "timeout" must be a duration such as "100ms", "1.5s" or "2m", not "1x"'
    ]
  ]
  for (const [what, pipeline, message] of mistakes) {
    test(what, async t => {
      const folder = makeFolder(t, { 'pipeline.yaml': pipeline, 'in.log': 'a\n' })

      const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })

      assertRefused(ended)
      assert.equal(ended.stderr, `${message}\n`)
      assert.equal(existsSync(join(folder, 'out.log')), false)
    })
  }

  test('aliases that unfold without end [D1]', async t => {
    const names = 'abcdefghi'.split('')
    const aliases = names.map((name, index) => {
      const item = index === 0 ? 'x' : `*${names[index - 1]}`
      return `${name}: &${name} [${Array(9).fill(item).join()}]`
    })
    const pipeline = [...aliases, pipelineOf('{ route: [{ to: *i }] }')].join('\n')
    const folder = makeFolder(t, { 'pipeline.yaml': pipeline })

    const ended = await linescope(t, ['validate', 'pipeline.yaml'], { cwd: folder })

    assertRefused(ended, /^pipeline\.yaml:5:8: the aliases of this file unfold to more than 10,000 values$/m)
  })

  test('a module that is not there, does not parse, or throws [D12]', async t => {
    const folder = makeFolder(t, {
      'broken.ts': 'export const step = (\n',
      'throws.ts': "\nthrow new Error('no database here')\n",
      'other.ts': 'export const steps = (line: string) => line\n'
    })
    const cases: readonly (readonly [use: string, message: RegExp])[] = [
      ['./othr.ts#step', /^pipeline\.yaml:4:16: .*othr\.ts.*Did you mean "\.\/other\.ts"\?$/m],
      ['./other.ts#step', /^pipeline\.yaml:4:16: .*other\.ts.*"step".*Did you mean "steps"\?$/m],
      ['./broken.ts#step', /^pipeline\.yaml:4:16: .*broken\.ts/m],
      [
        './throws.ts#step',
        /^pipeline\.yaml:4:16: "\.\/throws\.ts" failed to load: Error: no database here \(throws\.ts:2:7\)$/m
      ]
    ]
    for (const [use, message] of cases) {
      writeFileSync(join(folder, 'pipeline.yaml'), pipelineOf(`{ use: '${use}', to: end }`))
      const ended = await linescope(t, ['validate', 'pipeline.yaml'], { cwd: folder })
      assertRefused(ended, message)
    }
  })
})

test('processors may be named like anything that every object has, or like a number [A27]', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': `
source: { file: { path: in.log } }
entry: __proto__
processors:
  __proto__:
    route:
      - { when: 'line == "a"', to: constructor }
      - { when: 'line == "b"', to: "1" }
      - { to: toString }
  constructor: { uppercase: {}, to: hasOwnProperty }
  toString: { uppercase: {}, to: 1 }
  1: { trim: {}, to: __defineGetter__ }
  hasOwnProperty: { trim: {}, to: __defineGetter__ }
sinks:
  __defineGetter__: { file: { path: out.log } }
`,
    'in.log': 'a\nb\nc\n'
  })

  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })

  assert.equal(ended.code, 0, ended.stderr)
  const { lines_processed_by_each_processor: received, paths } = reportOf(ended)
  assert.equal(
    JSON.stringify(Object.entries(received).toSorted(([left], [right]) => (left < right ? -1 : 1))),
    '[["1",2],["__defineGetter__",3],["__proto__",3],["constructor",1],["hasOwnProperty",1],["toString",1]]'
  )
  assert.deepEqual(paths.map(({ path }) => path.join(' > ')).toSorted(), [
    '__proto__ > 1 > __defineGetter__',
    '__proto__ > constructor > hasOwnProperty > __defineGetter__',
    '__proto__ > toString > 1 > __defineGetter__'
  ])
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'A\nb\nC\n')
})

test('a processor may be named end, where no sink is', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': 'source: { file: { path: in.log } }\nprocessors: { end: { uppercase: {} } }\n',
    'in.log': 'a\nb\n'
  })

  const alone = reportOf(await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder }))
  assert.equal(alone.ledger.delivered, 2)
  const written = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '-o', 'out.log'], { cwd: folder })
  assert.equal(reportOf(written).ledger.delivered, 2)
  assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'A\nB\n')
})

test('a cycle that only its own processors can leave is warned of, and ends each line after 64 visits [A29]', async t => {
  const folder = makeFolder(t, {
    'pipeline.yaml': `
source: { file: { path: in.log } }
entry: round
processors:
  round: { use: ./round.ts#round }
  back: { trim: {}, to: round }
`,
    'round.ts': `
import { defineProcessor } from 'linescope'
export const round = defineProcessor({
  name: 'round', summary: 'Drops what is done.', emits: ['back'],
  create: () => (line, emit, context) => {
    if (line === 'done') context.drop('done')
    else emit('back', line)
  }
})`,
    'in.log': 'done\nnever\n'
  })

  const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--fail-on-dead'], { cwd: folder })

  assert.equal(ended.code, 3)
  assert.match(
    ended.stderr,
    /^warning: pipeline\.yaml:5:3: the processors "round" and "back" lead only to one another: a line leaves only when one of them drops it or fails$/m
  )
  const { ledger, lines_processed_by_each_processor: received } = reportOf(ended)
  assert.deepEqual([ledger.dropped, ledger.dead], [1, 1])
  assert.deepEqual({ ...received }, { round: 33, back: 32 })
})
