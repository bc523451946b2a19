// Source and sinks, and what the command line or a program puts in their place.

import assert from 'node:assert/strict'
import { linkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { namesOf, planOf, problemsOf, temporaryFolder, withEnd } from './fixtures.ts'

const ONE = 'processors: { start: { trim: {}, to: end } }'

describe('source', () => {
  test('is needed, and is one of those that exist', async () => {
    const hint = 'Add source: { file: { path: … } }, or give --input PATH.'
    const problemOf = (source: string): Promise<string[]> =>
      problemsOf(`${source}\n${ONE}\nsinks: { end: { discard: {} } }`)

    assert.deepEqual(await problemOf(''), [`pipeline.yaml:2:1: the pipeline has no source. ${hint}`])
    assert.deepEqual(await problemOf('source:'), [`pipeline.yaml:1:1: the pipeline has no source. ${hint}`])
    assert.deepEqual(await problemOf('source: {}'), [
      'pipeline.yaml:1:1: the source is empty. It holds one of "file" and "stdin".'
    ])
    assert.deepEqual(await problemOf('source: stdin'), [
      'pipeline.yaml:1:1: the source must be a map, not the text "stdin". Write { stdin: {} }.'
    ])
    assert.deepEqual(await problemOf('source: [a.log]'), [
      'pipeline.yaml:1:1: the source must be a map, not a list. It holds one of "file" and "stdin".'
    ])
    assert.deepEqual(await problemOf('source: { kafka: {}, file: { path: a } }'), [
      'pipeline.yaml:1:11: there is no source "kafka". There are "file" and "stdin".'
    ])
    assert.deepEqual(await problemOf('source: { stdin: {}, file: { path: a } }'), [
      'pipeline.yaml:1:22: the source has "stdin" and "file"; it can be only one'
    ])
    assert.deepEqual(await problemOf('source: { file: { path: a, paths: [b] } }'), [
      'pipeline.yaml:1:17: "file": give either path or paths'
    ])
    assert.deepEqual(await problemOf('source: { file: { pth: a } }'), [
      'pipeline.yaml:1:19: unknown option "pth" of "file". Did you mean "path"?'
    ])
  })

  test('says in the plan who reads it and whether it ends', async () => {
    const sourceOf = async (source: string): Promise<unknown> =>
      (await planOf(`source: ${source}\nprocessors: { start: { trim: {} } }`)).source

    assert.deepEqual(await sourceOf('{ stdin: }'), { type: 'stdin', options: {}, readBy: 'main', isEndless: false })
    assert.deepEqual(await sourceOf('{ file: { path: a.log, follow: true } }'), {
      type: 'file',
      options: { path: 'a.log', follow: true },
      readBy: 'lane',
      isEndless: true
    })
  })
})

describe('sinks', () => {
  const problemOf = (sinks: string): Promise<string[]> => problemsOf(`source: { stdin: {} }\n${ONE}\nsinks: ${sinks}`)

  test('are a map from names to one of those that exist', async () => {
    assert.deepEqual(await problemOf('[file]'), [
      'pipeline.yaml:2:38: no processor or sink is named "end". There are "start".',
      'pipeline.yaml:3:8: "sinks" must be a map from names to sinks, not a list'
    ])
    assert.deepEqual(await problemOf('{ end: { flie: { path: x } } }'), [
      'pipeline.yaml:3:17: there is no sink "flie". Did you mean "file"?'
    ])
    assert.deepEqual(await problemOf('{ end: { file: { path: x }, discard: {} } }'), [
      'pipeline.yaml:3:36: the sink "end" has "file" and "discard"; it can be only one'
    ])
    assert.deepEqual(await problemOf('{ end: { file: { path: 5 } } }'), [
      'pipeline.yaml:3:31: "path" of "file" must be text, not the number 5. Put it in quotes: "5".'
    ])
  })

  test('and processors share one set of names', async () => {
    assert.deepEqual(await problemOf('{ end: { discard: {} }, start: { discard: {} } }'), [
      'pipeline.yaml:3:32: the name "start" is used twice: a processor in line 2 has it too. Rename one of them.'
    ])
  })

  test('do not write the same file, whatever it is called [D5]', async t => {
    const currentFolder = temporaryFolder(t, { 'there.log': '', 'sub/x': '' })
    symlinkSync('there.log', join(currentFolder, 'link.log'))
    linkSync(join(currentFolder, 'there.log'), join(currentFolder, 'hard.log'))
    symlinkSync('sub', join(currentFolder, 'alias'))
    const source = (a: string, b: string): string =>
      `source: { stdin: {} }\nprocessors: { start: { split: {}, to: { left: a, right: b } } }\nsinks: { a: { file: { path: ${a} } }, b: { file: { path: ${b} } } }`
    const problem = /^pipeline\.yaml:3:\d+: the sinks "a" and "b" write the same file$/

    for (const [a, b] of [
      ['new.log', './sub/../new.log'],
      ['there.log', 'link.log'],
      ['there.log', 'hard.log'],
      ['sub/new.log', 'alias/new.log']
    ] as const) {
      assert.match((await problemsOf(source(a, b), { currentFolder })).join('\n'), problem)
    }
    await planOf(source('/dev/null', '/dev/null'), { currentFolder })
    await planOf(source('a.log', 'b.log'), { currentFolder })
  })

  test('do not write what the source reads [C17]', async t => {
    const currentFolder = temporaryFolder(t, { 'in.log': '' })
    symlinkSync('in.log', join(currentFolder, 'link.log'))
    const end = `\n${ONE}\nsinks: { end: { file: { path: link.log } } }`

    assert.deepEqual(await problemsOf(`source: { file: { path: in.log } }${end}`, { currentFolder }), [
      'pipeline.yaml:3:17: the sink "end" writes the file that the source reads: "in.log". Write to another file.'
    ])
    assert.deepEqual(await problemsOf(`source: { file: { paths: [x.log, in.log] } }${end}`, { currentFolder }), [
      'pipeline.yaml:3:17: the sink "end" writes the file that the source reads: "in.log". Write to another file.'
    ])
    assert.deepEqual(
      await problemsOf(`source: { stdin: {} }${end}`, {
        currentFolder,
        inputs: ['in.log'],
        outputs: [{ path: './in.log' }]
      }),
      ['the sink "end" writes the file that the source reads: "in.log". Write to another file.']
    )
  })
})

describe('--input', () => {
  test('replaces the source, whatever is wrong with it', async () => {
    const sourceOf = async (...inputs: string[]): Promise<unknown> =>
      (await planOf(withEnd(ONE).replace('{ stdin: {} }', '{ file: { path: "${MISSING}", x: 1 } }'), { inputs })).source

    assert.deepEqual(await sourceOf('a.log'), {
      type: 'file',
      options: { path: 'a.log', follow: false },
      readBy: 'lane',
      isEndless: false
    })
    assert.deepEqual(await sourceOf('a.log', 'b/*.gz'), {
      type: 'file',
      options: { paths: ['a.log', 'b/*.gz'], follow: false },
      readBy: 'lane',
      isEndless: false
    })
    assert.deepEqual(await sourceOf('-'), { type: 'stdin', options: {}, readBy: 'main', isEndless: false })
  })

  test('is needed when the pipeline has no source', async () => {
    const plan = await planOf('processors: { start: { trim: {} } }', { inputs: ['a.log'] })

    assert.equal(plan.source.type, 'file')
  })

  test('is relative to the current folder, which need not be the one of the pipeline', async () => {
    const plan = await planOf(withEnd(ONE), {
      file: 'conf/p.yaml',
      inputs: ['a.log', '/b'],
      outputs: [{ path: '../o' }]
    })

    assert.equal(plan.baseFolder, '/nowhere/conf')
    assert.deepEqual(plan.source.options, { paths: ['/nowhere/a.log', '/b'], follow: false })
    assert.deepEqual(plan.sinks[0]?.options, { path: '/o' })
  })

  test('is a path or "-" alone', async () => {
    assert.deepEqual(await problemsOf(withEnd(ONE), { inputs: ['-', 'a.log'] }), [
      '--input - is stdin and cannot be combined with other inputs'
    ])
    assert.deepEqual(await problemsOf(withEnd(ONE), { inputs: [''] }), ['--input needs a path'])
  })
})

describe('--output', () => {
  const two = `source: { stdin: {} }
processors: { start: { split: {}, to: { left: a, right: b } } }
sinks: { a: { file: { path: a.log } }, b: { file: { path: "\${MISSING}" } } }`

  test('replaces the sink "end", else the only one', async () => {
    const end = await planOf(
      'source: { stdin: {} }\nprocessors: { start: { split: {}, to: { left: a, right: end } } }\nsinks: { a: { discard: }, end: { file: { path: "${MISSING}" } } }',
      { outputs: [{ path: 'x.log' }] }
    )
    const only = await planOf(
      'source: { stdin: {} }\nprocessors: { start: { trim: {}, to: out } }\nsinks: { out: { kafka: {} } }',
      {
        outputs: [{ path: '-' }]
      }
    )

    assert.deepEqual(end.sinks, [
      { name: 'a', type: 'discard', options: {} },
      { name: 'end', type: 'file', options: { path: 'x.log' } }
    ])
    assert.deepEqual(only.sinks, [{ name: 'out', type: 'stdout', options: {} }])
  })

  test('with a name replaces that sink', async () => {
    const plan = await planOf(two, { outputs: [{ name: 'b', path: 'b.log' }] })

    assert.deepEqual(
      plan.sinks.map(({ options }) => options),
      [{ path: 'a.log' }, { path: 'b.log' }]
    )
  })

  test('gives a plan without sinks the sink "end", to which its ends then lead', async () => {
    const plan = await planOf(
      'source: { stdin: {} }\nprocessors: { start: { split: {}, to: { left: a, right: b } }, a: { trim: {} }, b: { count: {} } }',
      { outputs: [{ path: 'x.log' }] }
    )

    assert.deepEqual(plan.sinks, [{ name: 'end', type: 'file', options: { path: 'x.log' } }])
    assert.deepEqual(
      plan.processors.map(({ target, isEnd }) => ({ target, isEnd })),
      [
        { target: undefined, isEnd: false },
        { target: 3, isEnd: false },
        { target: undefined, isEnd: true }
      ]
    )
    assert.equal(
      (
        await planOf('source: { stdin: {} }\nprocessors: { start: { route: [{ to: end }] } }', {
          outputs: [{ name: 'end', path: '-' }]
        })
      ).processors[0]?.tags[0]?.target,
      1
    )
  })

  test('finds another name for that sink when a processor is named "end"', async () => {
    const named = await planOf(
      'source: { stdin: {} }\nentry: end\nprocessors: { end: { trim: {}, to: output }, output: { trim: {} } }',
      {
        outputs: [{ path: 'x.log' }]
      }
    )

    assert.deepEqual(namesOf(named), ['end', 'output', 'output-2'])
    assert.equal(named.processors[1]?.target, 2)
  })

  test('says when it cannot be told what it replaces', async () => {
    assert.deepEqual(await problemsOf(two.replace('${MISSING}', 'b.log'), { outputs: [{ path: 'x' }] }), [
      '--output does not say which sink it replaces. Write --output NAME=PATH; the sinks are "a" and "b".'
    ])
    assert.deepEqual(await problemsOf(withEnd(ONE), { outputs: [{ name: 'edn', path: 'x' }] }), [
      '--output: no sink is named "edn". Did you mean "end"?'
    ])
    assert.deepEqual(await problemsOf(withEnd(ONE), { outputs: [{ name: 'other', path: 'x' }] }), [
      '--output: no sink is named "other". The pipeline has "end".'
    ])
    assert.deepEqual(await problemsOf(withEnd(ONE), { outputs: [{ path: 'x' }, { name: 'end', path: 'y' }] }), [
      '--output is given twice for the sink "end"'
    ])
    assert.deepEqual(await problemsOf(withEnd(ONE), { outputs: [{ path: '' }] }), ['--output needs a path'])
  })
})

describe('a program', () => {
  test('gives lines itself and takes values itself', async () => {
    const plan = await planOf(withEnd(ONE).replace('stdin', 'kafka'), { inputFromCaller: true, outputToCaller: true })
    const added = await planOf('processors: { start: { trim: {} } }', { inputFromCaller: true, outputToCaller: true })

    assert.deepEqual(plan.source, { type: 'iterable', options: {}, readBy: 'main', isEndless: false })
    assert.deepEqual(plan.sinks, [{ name: 'end', type: 'callback', options: {} }])
    assert.deepEqual(added.sinks, [{ name: 'end', type: 'callback', options: {} }])
    assert.equal(added.processors[0]?.target, 1)
  })

  test('must have one sink to take values from', async () => {
    const source =
      'processors: { start: { split: {}, to: { left: a, right: b } } }\nsinks: { a: { discard: }, b: { discard: } }'

    assert.deepEqual(await problemsOf(source, { inputFromCaller: true, outputToCaller: true }), [
      'it cannot be told which sink `output` stands for. Name one of them "end".'
    ])
  })
})
