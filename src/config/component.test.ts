// Which behaviour a processor has: built-ins, modules named by `use`, and everything that can be wrong with them.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { planOf, problemsOf, temporaryFolder, withEnd } from './fixtures.ts'

/** Problems of one processor, whose value begins in column 22 of line 2. */
function problemsOfProcessor(value: string, currentFolder = '/nowhere'): Promise<string[]> {
  return problemsOf(withEnd(`processors: { start: ${value} }`), { currentFolder })
}

describe('a processor', () => {
  test('has exactly one behaviour', async () => {
    assert.deepEqual(await problemsOfProcessor('{ uppercase: {}, trim: {}, to: end }'), [
      'pipeline.yaml:2:39: the processor "start" has "uppercase" and "trim". A processor does one thing: make several and connect them with "to".'
    ])
    assert.deepEqual(await problemsOfProcessor('{ trim: {}, use: ./x.ts, to: end }'), [
      'pipeline.yaml:2:24: the processor "start" has "use" and "trim". A processor does one thing: make several and connect them with "to".'
    ])
    assert.deepEqual(await problemsOfProcessor('{ to: end }'), [
      'pipeline.yaml:2:15: the processor "start" does nothing. It needs "use" or one of "route", "filter", "delay", "sample", "count", "split", "tagged", "uppercase" and "trim".'
    ])
  })

  test('names a built-in that exists', async () => {
    assert.deepEqual(await problemsOfProcessor('{ upercase: {}, to: end }'), [
      'pipeline.yaml:2:24: there is no built-in processor "upercase". Did you mean "uppercase"?'
    ])
    assert.deepEqual(await problemsOfProcessor('{ toString: {}, to: end }'), [
      'pipeline.yaml:2:24: there is no built-in processor "toString". There are "route", "filter", "delay", "sample", "count", "split", "tagged", "uppercase" and "trim".'
    ])
  })

  test('has no other keys than those that are known', async () => {
    assert.deepEqual(await problemsOfProcessor('{ trim: {}, to: end, retires: 3 }'), [
      'pipeline.yaml:2:43: unknown key "retires" of the processor "start". Options go inside "trim". Known are "to", "retry", "timeout", "concurrency", "on_error" and "circuit_breaker".'
    ])
    assert.deepEqual(await problemsOfProcessor('{ trim: {}, to: end, onError: drop, __proto__: 1 }'), [
      'pipeline.yaml:2:43: unknown key "onError" of the processor "start". Did you mean "on_error"?',
      'pipeline.yaml:2:58: unknown key "__proto__" of the processor "start". Options go inside "trim". Known are "to", "retry", "timeout", "concurrency", "on_error" and "circuit_breaker".'
    ])
    assert.deepEqual(await problemsOfProcessor('{ delay: {}, options: { ms: 1 }, to: end }'), [
      'pipeline.yaml:2:24: "ms" of "delay" is missing',
      'pipeline.yaml:2:35: unknown key "options" of the processor "start". Write them inside "delay"; "options" belongs to "use".'
    ])
  })

  test('is a map', async () => {
    const hint = 'It holds a built-in such as trim: {}, or "use".'
    assert.deepEqual(await problemsOfProcessor('trim'), [
      'pipeline.yaml:2:15: the processor "start" must be a map, not the text "trim". Write { trim: {} }.'
    ])
    assert.deepEqual(await problemsOfProcessor(''), [
      `pipeline.yaml:2:15: the processor "start" must be a map, not empty. ${hint}`
    ])
    assert.deepEqual(await problemsOfProcessor('[trim]'), [
      `pipeline.yaml:2:15: the processor "start" must be a map, not a list. ${hint}`
    ])
    assert.deepEqual(await problemsOfProcessor('true'), [
      `pipeline.yaml:2:15: the processor "start" must be a map, not true. ${hint}`
    ])
  })
})

test('a pipeline has processors, as a map from names', async () => {
  const hint = 'Add one, such as processors: { start: { trim: {} } }.'
  assert.deepEqual(await problemsOf('source: { stdin: {} }'), [
    `pipeline.yaml:1:1: the pipeline has no processors. ${hint}`
  ])
  for (const empty of ['processors:', 'processors: {}', 'processors: null']) {
    assert.deepEqual(await problemsOf(`source: { stdin: {} }\n${empty}`), [
      `pipeline.yaml:2:1: the pipeline has no processors. ${hint}`
    ])
  }
  assert.deepEqual(await problemsOf('source: { stdin: {} }\nprocessors: [trim]'), [
    'pipeline.yaml:2:13: "processors" must be a map from names to processors, not a list'
  ])
})

test('names have 1 to 64 characters that a display can show [A27]', async () => {
  const problemOf = async (name: string): Promise<string[]> =>
    problemsOf(withEnd(`processors:\n  ${name}: { trim: {}, to: end }`))
  const long = '😀'.repeat(65)

  assert.deepEqual(await problemOf('""'), ['pipeline.yaml:3:3: the processor name "" is empty'])
  assert.deepEqual(await problemOf('" a"'), ['pipeline.yaml:3:3: the processor name " a" begins or ends with a space'])
  assert.deepEqual(await problemOf('"a\\u2003"'), [
    'pipeline.yaml:3:3: the processor name "a\u2003" begins or ends with a space'
  ])
  assert.deepEqual(await problemOf('a > b'), ['pipeline.yaml:3:3: the processor name "a > b" contains " > "'])
  assert.deepEqual(await problemOf('"a\\nb"'), [
    'pipeline.yaml:3:3: the processor name "a\\nb" has a control character'
  ])
  assert.deepEqual(await problemOf('"a\\u2028b"'), [
    'pipeline.yaml:3:3: the processor name "a\\u{2028}b" has a control character'
  ])
  assert.deepEqual(await problemOf('"\\ud800"'), [
    'pipeline.yaml:3:3: the processor name "\\u{d800}" has half of a surrogate pair'
  ])
  assert.deepEqual(await problemOf(long), [
    `pipeline.yaml:3:3: the processor name "${long}" has 65 characters; at most 64 are allowed`
  ])
  assert.deepEqual(
    await problemsOf('source: { stdin: {} }\nprocessors: { a: { trim: {}, to: "b " } }\nsinks: { "b ": { discard: } }'),
    ['pipeline.yaml:3:10: the sink name "b " begins or ends with a space']
  )
  await planOf(withEnd(`processors: { ${'😀'.repeat(64)}: { trim: {}, to: end } }`))
})

describe('use', () => {
  const definition = `{ name: 'x', summary: 'X.', create: () => line => line }`

  test('takes a definition or a function from a module, by default its default export', async t => {
    const currentFolder = temporaryFolder(t, {
      'lib/code.mjs': `export const definition = ${definition}\nexport default line => line\nexport const toString = line => line`,
      'old.cjs': 'exports.shout = line => line.toUpperCase()'
    })
    const plan = await planOf(
      withEnd(`processors:
  start: { use: ./lib/code.mjs, to: b }
  b: { use: "./lib/code.mjs#definition", to: c, options: }
  c: { use: "${join(currentFolder, 'lib/code.mjs')}#toString", to: d }
  d: { use: ./old.cjs#shout, to: end }`),
      { currentFolder }
    )

    const file = join(currentFolder, 'lib/code.mjs')
    assert.deepEqual(
      plan.processors.map(({ component }) => component),
      [
        { kind: 'module', file, exportName: 'default' },
        { kind: 'module', file, exportName: 'definition' },
        { kind: 'module', file, exportName: 'toString' },
        { kind: 'module', file: join(currentFolder, 'old.cjs'), exportName: 'shout' }
      ]
    )
    assert.deepEqual(
      plan.processors.map(({ tags, target }) => ({ tags, target })),
      [1, 2, 3, 4].map(target => ({ tags: [], target }))
    )
  })

  test('takes the options of a definition from "options"', async t => {
    const zod = import.meta.resolve('zod')
    const currentFolder = temporaryFolder(t, {
      'code.mjs': `import { z } from ${JSON.stringify(zod)}
export const every = {
  name: 'every', summary: 'X.',
  options: z.strictObject({ n: z.number(), tags: z.array(z.string()).default(['end']) }),
  emits: ({ tags }) => tags,
  create: () => () => {}
}
export const plain = ${definition}
export const strange = { ...every, options: z.strictObject({}).transform(() => ({ run() {} })), emits: ['end'] }
export const throwing = { ...every, options: z.any().refine(() => { throw new Error('no idea') }) }`
    })
    const start = (value: string): string => withEnd(`processors:\n  start: ${value}`)

    const plan = await planOf(start('{ use: ./code.mjs#every, options: { n: 3 } }'), { currentFolder })
    assert.deepEqual(plan.processors[0]?.options, { n: 3, tags: ['end'] })
    assert.deepEqual(plan.processors[0]?.tags, [{ tag: 'end', target: 1 }])

    assert.deepEqual(await problemsOf(start('{ use: ./code.mjs#every, options: { m: 3, n: x } }'), { currentFolder }), [
      'pipeline.yaml:3:46: unknown option "m" of "./code.mjs#every". Known are "n" and "tags".',
      'pipeline.yaml:3:55: "n" of "./code.mjs#every" must be a number, not the text "x"'
    ])
    assert.deepEqual(await problemsOf(start('{ use: ./code.mjs#every }'), { currentFolder }), [
      'pipeline.yaml:3:17: "n" of "./code.mjs#every" is missing'
    ])
    assert.deepEqual(
      await problemsOf(start('{ use: ./code.mjs#plain, options: { n: 3 }, to: end }'), { currentFolder }),
      ['pipeline.yaml:3:46: "./code.mjs#plain" takes no options; "n" is unknown']
    )
    assert.deepEqual(await problemsOf(start('{ use: ./code.mjs#strange }'), { currentFolder }), [
      'pipeline.yaml:3:17: the options of "./code.mjs#strange" cannot be sent to a thread: they hold a function'
    ])
    assert.deepEqual(await problemsOf(start('{ use: ./code.mjs#throwing }'), { currentFolder }), [
      'pipeline.yaml:3:17: the options of "./code.mjs#throwing" could not be checked: no idea'
    ])
  })

  test('finds installed packages, of either module system [D12]', async t => {
    const currentFolder = temporaryFolder(t, {
      'node_modules/modern/package.json':
        '{"name":"modern","type":"module","exports":{".":{"import":"./i.js"},"./sub":"./s.js"}}',
      'node_modules/modern/i.js': 'export const a = line => line',
      'node_modules/modern/s.js': 'export default line => line',
      'node_modules/@old/style/package.json': '{"name":"@old/style","main":"m.js"}',
      'node_modules/@old/style/m.js': 'exports.b = line => line'
    })
    const plan = await planOf(
      withEnd(`processors:
  start: { use: modern#a, to: b }
  b: { use: modern/sub, to: c }
  c: { use: "@old/style#b", to: end }`),
      { currentFolder }
    )

    assert.deepEqual(
      plan.processors.map(({ component }) => component),
      [
        { kind: 'module', file: join(currentFolder, 'node_modules/modern/i.js'), exportName: 'a' },
        { kind: 'module', file: join(currentFolder, 'node_modules/modern/s.js'), exportName: 'default' },
        { kind: 'module', file: join(currentFolder, 'node_modules/@old/style/m.js'), exportName: 'b' }
      ]
    )
    assert.deepEqual(await problemsOfProcessor('{ use: modern/inner, to: end }', currentFolder), [
      'pipeline.yaml:2:29: the package does not export "modern/inner"'
    ])
  })

  test('says which module or package is missing [D12]', async t => {
    const currentFolder = temporaryFolder(t, { 'processors.ts': '', 'lib/code.ts': '' })
    mkdirSync(join(currentFolder, 'folder'))
    const problemOf = (use: string): Promise<string[]> =>
      problemsOfProcessor(`{ use: "${use}", to: end }`, currentFolder)
    const at = 'pipeline.yaml:2:29:'

    assert.deepEqual(await problemOf('./procesors.ts#a'), [
      `${at} there is no module "./procesors.ts". Did you mean "./processors.ts"?`
    ])
    assert.deepEqual(await problemOf('./lib/code#a'), [
      `${at} there is no module "./lib/code". Did you mean "./lib/code.ts"?`
    ])
    assert.deepEqual(await problemOf('../none/x.ts'), [
      `${at} there is no module "../none/x.ts". The path is relative to the pipeline file.`
    ])
    assert.deepEqual(await problemOf('./folder'), [`${at} "./folder" is not a file. Name the module file in it.`])
    assert.deepEqual(await problemOf('processors.ts#a'), [
      `${at} no package "processors.ts" is installed for this pipeline. Did you mean "./processors.ts"?`
    ])
    assert.deepEqual(await problemOf('left-pad#a'), [
      `${at} no package "left-pad" is installed for this pipeline. Install it there, or write a path that begins with "./".`
    ])
    for (const use of ['node:fs', 'data:text/javascript,export default 1', 'https://example.com/x.js']) {
      assert.deepEqual(await problemOf(use), [`${at} "${use}" is neither a file nor an installed package`])
    }
    assert.deepEqual(await problemOf('file:///%00'), [`${at} "file:///%00" is not a file`])
  })

  test('must be text that names a module', async () => {
    const hint = 'Write "./processors.ts#name", or the name of an installed package.'
    assert.deepEqual(await problemsOfProcessor('{ use: , to: end }'), [
      `pipeline.yaml:2:29: "use" must name a module, not empty. ${hint}`
    ])
    assert.deepEqual(await problemsOfProcessor('{ use: [a], to: end }'), [
      `pipeline.yaml:2:29: "use" must name a module, not a list. ${hint}`
    ])
    assert.deepEqual(await problemsOfProcessor('{ use: 5, to: end }'), [
      `pipeline.yaml:2:29: "use" must name a module, not the number 5. ${hint}`
    ])
    assert.deepEqual(await problemsOfProcessor('{ use: "#a", to: end }'), [
      'pipeline.yaml:2:29: "use" must be a module and an export, not "#a". Write "./processors.ts#name".'
    ])
    assert.deepEqual(await problemsOfProcessor('{ use: "./x.ts#", to: end }'), [
      'pipeline.yaml:2:29: "use" must be a module and an export, not "./x.ts#". Write "./processors.ts#name".'
    ])
  })

  test('lists the exports when the one it names is missing', async t => {
    const currentFolder = temporaryFolder(t, {
      'code.mjs': 'export const parseError = line => line\nexport const other = 1',
      'none.mjs': 'export {}'
    })
    const problemOf = (use: string): Promise<string[]> =>
      problemsOfProcessor(`{ use: "${use}", to: end }`, currentFolder)
    const at = 'pipeline.yaml:2:29:'

    assert.deepEqual(await problemOf('./code.mjs#parseErorr'), [
      `${at} "./code.mjs" has no export "parseErorr". Did you mean "parseError"?`
    ])
    assert.deepEqual(await problemOf('./code.mjs#toString'), [
      `${at} "./code.mjs" has no export "toString". It exports "other" and "parseError".`
    ])
    assert.deepEqual(await problemOf('./code.mjs'), [
      `${at} "./code.mjs" has no default export. It exports "other" and "parseError".`
    ])
    assert.deepEqual(await problemOf('./none.mjs#a'), [`${at} "./none.mjs" has no export "a". It exports nothing.`])
  })

  test('refuses what is neither a definition nor a function [D12]', async t => {
    const currentFolder = temporaryFolder(t, {
      'code.mjs': `export const number = 1
export const object = { name: 'x', process() {} }
export const trap = { get create() { throw new Error('gotcha') } }
export const emits = { ...${definition}, emits: 'end' }
export const tag = { ...${definition}, emits: ['end', ' x'] }
export const computed = { ...${definition}, emits: () => 7 }
export const failing = { ...${definition}, emits: () => { throw new TypeError('no tags') } }
export const accepts = { ...${definition}, accepts: 'number' }
export const options = { ...${definition}, options: { n: 'number' } }
export const named = { ...${definition}, name: 5 }
export const fn = line => line`
    })
    const problemOf = (name: string): Promise<string[]> =>
      problemsOfProcessor(`{ use: ./code.mjs#${name}, to: end }`, currentFolder)
    const neither =
      'is neither a processor definition nor a function. Export what defineProcessor() returns, or a function (line) => line.'
    const at = 'pipeline.yaml:2:29:'

    assert.deepEqual(await problemOf('number'), [`${at} "./code.mjs#number" ${neither}`])
    assert.deepEqual(await problemOf('object'), [`${at} "./code.mjs#object" ${neither}`])
    assert.deepEqual(await problemOf('trap'), [`${at} "./code.mjs#trap" ${neither}`])
    const faults = {
      emits: 'its "emits" must be a list of tags',
      tag: 'its tag " x" begins or ends with a space',
      accepts: 'its "accepts" must be "text", "record" or "any"',
      options: 'its "options" must be a zod schema',
      named: 'its "name" must be text'
    }
    for (const [name, fault] of Object.entries(faults)) {
      assert.deepEqual(await problemOf(name), [
        `${at} "./code.mjs#${name}" is not a valid processor definition: ${fault}`
      ])
    }
    assert.deepEqual(await problemOf('computed'), [`${at} "./code.mjs#computed": its "emits" must be a list of tags`])
    assert.deepEqual(await problemOf('failing'), [
      `${at} "./code.mjs#failing" failed to say what it emits: TypeError: no tags`
    ])
    assert.deepEqual(await problemsOfProcessor('{ use: ./code.mjs#fn, options: { n: 1 }, to: end }', currentFolder), [
      'pipeline.yaml:2:44: "./code.mjs#fn" is a plain function, which takes no options. Use defineProcessor() for options.'
    ])
  })

  test('says in one line why a module fails to load, with the line of the user [D12]', async t => {
    const currentFolder = temporaryFolder(t, {
      'throws.ts': '\n\nfunction boom() {\n  throw new TypeError("bad\\nthing")\n}\nboom()\n',
      'syntax.ts': 'export const a = 1\nconst b = ;\n',
      'syntax.mjs': 'export const a = 1\nconst b = ;\n',
      'enum.ts': 'export const a = 1\nenum X { A }\n',
      'text.mjs': 'throw "just text"',
      'nothing.mjs': 'throw undefined',
      'trap.mjs': 'throw { get message() { throw 1 }, get stack() { throw 2 } }',
      'deep/inner.mjs': 'import "./thrower.mjs"',
      'deep/thrower.mjs': 'throw new RangeError("far down")',
      'package.mjs': 'import "not-installed"',
      'named.mjs': 'import { zz } from "./fine.mjs"',
      'fine.mjs': 'export const a = 1',
      'old.cjs': 'throw new Error("old")',
      'notes.txt': 'hello',
      'data.json': '{}'
    })
    const failures: Record<string, string> = {
      './throws.ts': 'TypeError: bad (throws.ts:4:9)',
      './syntax.ts': 'SyntaxError: Expression expected (syntax.ts:2)',
      './syntax.mjs': "SyntaxError: Unexpected token ';' (syntax.mjs:2)",
      './enum.ts':
        'SyntaxError: TypeScript enum is not supported in strip-only mode (enum.ts:2). TypeScript runs without a compiler: only types that can be erased are allowed.',
      './text.mjs': '"just text" was thrown',
      './nothing.mjs': 'undefined was thrown',
      './trap.mjs': 'an object was thrown',
      './deep/inner.mjs': 'RangeError: far down (deep/thrower.mjs:1:7)',
      './package.mjs': `Error: Cannot find package 'not-installed' imported from ${join(currentFolder, 'package.mjs')}`,
      './named.mjs':
        "SyntaxError: The requested module './fine.mjs' does not provide an export named 'zz' (named.mjs:1)",
      './old.cjs': 'Error: old (old.cjs:1:7)',
      './notes.txt': `TypeError: Unknown file extension ".txt" for ${join(currentFolder, 'notes.txt')}. A module is a .ts or .js file.`
    }
    for (const [use, why] of Object.entries(failures)) {
      assert.deepEqual(await problemsOfProcessor(`{ use: ${use}, to: end }`, currentFolder), [
        `pipeline.yaml:2:29: "${use}" failed to load: ${why}`
      ])
    }
    const [json] = await problemsOfProcessor('{ use: ./data.json, to: end }', currentFolder)
    assert.match(
      json ?? '',
      /failed to load: TypeError: Module .* needs an import attribute .* A module is a \.ts or \.js file\.$/
    )
  })

  test('does not wait for ever for a module that never finishes loading [D12]', async t => {
    const currentFolder = temporaryFolder(t, { 'hang.mjs': 'await new Promise(() => {})\nexport default 1' })
    const source = withEnd('processors: { start: { use: ./hang.mjs, to: end } }')

    assert.deepEqual(await problemsOf(source, { currentFolder, importTimeoutMilliseconds: 100 }), [
      'pipeline.yaml:2:29: "./hang.mjs" did not finish loading within 0.1 s. Look for an "await" at its top level that never ends.'
    ])
  })
})
