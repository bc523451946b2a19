// What a pipeline file can be that is no pipeline: missing, unreadable, no text, no YAML, no JSON.

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { planOf, problemsOf, temporaryFolder, withEnd } from './fixtures.ts'

const GOOD = withEnd('processors: { start: { trim: {}, to: end } }')

describe('the file', () => {
  test('must exist; a near name is suggested [D4]', async t => {
    const currentFolder = temporaryFolder(t, { 'conf/tidy.yaml': GOOD, 'conf/other.yaml': GOOD, 'a.yaml/b': '' })

    assert.deepEqual(await problemsOf(undefined, { file: 'conf/tidi.yaml', currentFolder }), [
      'there is no file "conf/tidi.yaml". Did you mean "conf/tidy.yaml"?'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'elsewhere/x.yaml', currentFolder }), [
      'there is no file "elsewhere/x.yaml". Check the path; it is relative to the current folder.'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'conf/tidy.yaml/x.yaml', currentFolder }), [
      'there is no file "conf/tidy.yaml/x.yaml": a part of the path is not a folder'
    ])
  })

  test('must not be a folder; a pipeline in it is suggested [D4]', async t => {
    const currentFolder = temporaryFolder(t, { 'x.yaml/pipeline.yaml': GOOD })
    mkdirSync(join(currentFolder, 'zero.yaml'))

    assert.deepEqual(await problemsOf(undefined, { file: 'x.yaml', currentFolder }), [
      '"x.yaml" is a folder, not a pipeline file. Did you mean "x.yaml/pipeline.yaml"?'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'zero.yaml', currentFolder }), [
      '"zero.yaml" is a folder, not a pipeline file. Name the pipeline file in it.'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: '.', currentFolder }), [
      '"." is a folder, not a pipeline file. Did you mean "./x.yaml"?'
    ])
  })

  test('must be a regular file [D4]', async t => {
    const currentFolder = temporaryFolder(t)
    symlinkSync('/dev/zero', join(currentFolder, 'endless.yaml'))
    symlinkSync('loop.yaml', join(currentFolder, 'loop.yaml'))

    assert.deepEqual(await problemsOf(undefined, { file: 'endless.yaml', currentFolder }), [
      '"endless.yaml" is not a regular file'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'loop.yaml', currentFolder }), [
      'cannot read "loop.yaml": ELOOP'
    ])
  })

  test('must be readable [D4]', async t => {
    const currentFolder = temporaryFolder(t, { 'secret.yaml': GOOD, 'closed/pipeline.yaml': GOOD })
    chmodSync(currentFolder, 0o755)
    chmodSync(join(currentFolder, 'secret.yaml'), 0)
    chmodSync(join(currentFolder, 'closed'), 0)
    const root = process.geteuid?.() === 0
    // Nothing is closed to root.
    if (root) process.seteuid?.(65_534)
    try {
      assert.deepEqual(await problemsOf(undefined, { file: 'secret.yaml', currentFolder }), [
        'no permission to read "secret.yaml". Change its access rights.'
      ])
      assert.deepEqual(await problemsOf(undefined, { file: 'closed/pipeline.yaml', currentFolder }), [
        'no permission to read "closed/pipeline.yaml". Change its access rights.'
      ])
    } finally {
      if (root) process.seteuid?.(0)
      chmodSync(join(currentFolder, 'closed'), 0o755)
    }
  })

  test('must be named like a pipeline', async t => {
    const currentFolder = temporaryFolder(t, { 'access.log': 'line' })
    assert.deepEqual(await problemsOf(undefined, { file: 'access.log', currentFolder }), [
      '"access.log" is not a pipeline file: its name must end in .yaml, .yml, .json, .ts or .js. To read lines from it, write --input access.log.'
    ])
  })

  test('must not be huge [D4]', async t => {
    const currentFolder = temporaryFolder(t, { 'huge.yaml': `# ${'x'.repeat(8 * 1024 * 1024)}\n${GOOD}` })

    assert.deepEqual(await problemsOf(undefined, { file: 'huge.yaml', currentFolder }), [
      '"huge.yaml" has 8.0 MiB; a pipeline file may have at most 8 MiB. To read lines from it, write --input huge.yaml.'
    ])
  })

  test('must be UTF-8 text; the first byte that is not is named [D4]', async t => {
    const currentFolder = temporaryFolder(t, {
      'utf16.yaml': Buffer.from(`\ufeff${GOOD}`, 'utf16le'),
      'latin1.yaml': Buffer.concat([Buffer.from('# größe \ufffd\n# gr'), Buffer.from('öße', 'latin1')]),
      'cut.yaml': Buffer.from('# 😀').subarray(0, 5),
      'binary.yaml': Buffer.from(`${GOOD}# \0`)
    })

    assert.deepEqual(await problemsOf(undefined, { file: 'utf16.yaml', currentFolder }), [
      'utf16.yaml:1:1: the file is in UTF-16. Save it as UTF-8.'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'latin1.yaml', currentFolder }), [
      'latin1.yaml:2:5: this byte is not UTF-8. Save the file as UTF-8.'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'cut.yaml', currentFolder }), [
      'cut.yaml:1:3: this byte is not UTF-8. Save the file as UTF-8.'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'binary.yaml', currentFolder }), [
      'binary.yaml:4:3: this is not a text file: it has a zero byte here. A pipeline file is YAML or JSON text.'
    ])
  })

  test('may begin with a byte order mark and have Windows line ends [D4]', async t => {
    const currentFolder = temporaryFolder(t, { 'windows.yml': `\ufeff${GOOD.replaceAll('\n', '\r\n')}` })

    assert.equal((await planOf(undefined, { file: 'windows.yml', currentFolder })).name, 'windows')
  })

  test('must not be empty [D4]', async () => {
    const expected = ['pipeline.yaml:1:1: the file is empty. A pipeline needs at least "processors".']
    for (const source of ['', '\n\n', '# only a comment\n', '---\n'])
      assert.deepEqual(await problemsOf(source), expected)
    assert.deepEqual(await problemsOf(' ', { file: 'pipeline.json' }), [
      'pipeline.json:1:1: the file is empty. A pipeline needs at least "processors".'
    ])
  })

  test('must hold a map', async () => {
    const hint = 'It has at least the key "processors".'
    assert.deepEqual(await problemsOf('- trim'), [`pipeline.yaml:1:1: a pipeline must be a map, not a list. ${hint}`])
    assert.deepEqual(await problemsOf('Hello there'), [
      `pipeline.yaml:1:1: a pipeline must be a map, not the text "Hello there". ${hint}`
    ])
    assert.deepEqual(await problemsOf('42'), [
      `pipeline.yaml:1:1: a pipeline must be a map, not the number 42. ${hint}`
    ])
  })
})

describe('YAML', () => {
  test('is not indented with tabs [D3]', async () => {
    assert.deepEqual(await problemsOf('processors:\n\tstart:\n\t\ttrim: {}\n'), [
      'pipeline.yaml:2:1: a tab is used to indent. Use spaces.',
      'pipeline.yaml:3:1: a tab is used to indent. Use spaces.'
    ])
  })

  test('has each key once, however it is written [D3]', async () => {
    assert.deepEqual(
      await problemsOf(
        withEnd(
          'processors:\n  "1": { trim: {}, to: end }\n  b: { trim: {}, to: end, to: end }\n  1: { trim: {}, to: b }'
        )
      ),
      [
        'pipeline.yaml:4:27: the key "to" stands here a second time; the first is in line 4',
        'pipeline.yaml:5:3: the key "1" stands here a second time; the first is in line 3'
      ]
    )
  })

  test('has no tags but the plain ones [D2]', async () => {
    const hint = 'Remove it: a pipeline file holds only plain values.'
    assert.deepEqual(
      await problemsOf(
        'a: !!js/function "process.exit()"\nb: !!binary aGk=\nc: !include x.yaml\n!!set d: 1\ne: !!map []'
      ),
      [
        `pipeline.yaml:1:4: unknown tag "!!js/function". ${hint}`,
        `pipeline.yaml:2:4: unknown tag "!!binary". ${hint}`,
        `pipeline.yaml:3:4: unknown tag "!include". ${hint}`,
        `pipeline.yaml:4:1: unknown tag "!!set". ${hint}`
      ]
    )
    assert.equal((await planOf(withEnd('entry: !!str 1\nprocessors: { 1: { trim: {}, to: end } }'))).entry, 0)
  })

  test('has no merge keys and no keys but text [D1 D2]', async () => {
    assert.deepEqual(
      await problemsOf('a: &base { __proto__: { x: 1 } }\nb: { <<: *base }\n? [c]\n: 1\n? { d: 1 }\n: 2\n*base : 3'),
      [
        'pipeline.yaml:2:6: merge keys ("<<") are not part of YAML 1.2. Use an alias for a whole value, or write the keys out.',
        'pipeline.yaml:3:3: a key must be plain text. Put it in quotes if it begins with a special character.',
        'pipeline.yaml:5:3: a key must be plain text. Put it in quotes if it begins with a special character.',
        'pipeline.yaml:7:1: a key must be plain text. Put it in quotes if it begins with a special character.'
      ]
    )
  })

  test('has no alias without an anchor before it, and none inside itself [D1]', async () => {
    assert.deepEqual(await problemsOf('a: *x\nx: &x 1\nb: &b { c: [*b] }'), [
      'pipeline.yaml:1:4: no value is marked with the anchor &x before this alias',
      'pipeline.yaml:3:13: the alias "b" stands inside the value that it stands for'
    ])
  })

  test('may not unfold to millions of values through aliases [D1]', async () => {
    const levels = Array.from({ length: 8 }, (_, level) => {
      const aliases = Array.from({ length: 9 }, () => `*a${level}`).join(', ')
      return `a${level + 1}: &a${level + 1} [${aliases}]`
    })
    const problems = await problemsOf(`a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n${levels.join('\n')}`)

    assert.deepEqual(problems, ['pipeline.yaml:5:10: the aliases of this file unfold to more than 10,000 values'])
  })

  test('may not be nested without end', async () => {
    const expected = /^pipeline\.yaml:\d+:\d+: values are nested too deeply here$/
    for (const source of ['['.repeat(1_000_000), '{a: '.repeat(100_000), '- '.repeat(100_000)]) {
      assert.match((await problemsOf(source)).join('\n'), expected)
    }
  })

  test('may not hold more values than any pipeline has [D1]', async () => {
    assert.deepEqual(await problemsOf(`a:\n${'- b\n'.repeat(1_000_000)}`), [
      'pipeline.yaml:40001:2: the file has too many values'
    ])
  })

  test('is one document of version 1.2 [D3]', async () => {
    assert.deepEqual(await problemsOf('a: 1\n---\nb: 2\n'), [
      'pipeline.yaml:2:1: a second document begins here. A pipeline file holds one: remove the "---".'
    ])
    assert.deepEqual(await problemsOf('%YAML 1.1\n---\na: yes\n'), [
      'pipeline.yaml:1:1: YAML 1.1 is not read. Remove the %YAML line.'
    ])
  })

  test('gets a hint for common slips', async () => {
    assert.deepEqual(await problemsOf('a: { b: ${NAME} }'), [
      'pipeline.yaml:1:10: unexpected flow-map-start at node end. Between { } and [ ], put "${NAME}" in quotes.'
    ])
    assert.deepEqual(await problemsOf('when: line: x'), [
      'pipeline.yaml:1:7: nested mappings are not allowed in compact mappings. A value that contains ": " must be in quotes.'
    ])
    assert.deepEqual(await problemsOf('a:\n  - b\n c: 1'), [
      'pipeline.yaml:3:1: all mapping items must start at the same column. Keys of one map must begin in the same column.'
    ])
    assert.deepEqual(await problemsOf('a: "x\nb: 1'), [
      'pipeline.yaml:2:5: missing closing ". Look for a missing quote, bracket or colon.'
    ])
    assert.deepEqual(await problemsOf('a: @b'), [
      'pipeline.yaml:1:4: plain value cannot start with reserved character @. Put the value in quotes.'
    ])
  })
})

describe('JSON', () => {
  const problemsOfJson = (source: string): Promise<string[]> => problemsOf(source, { file: 'p.json' })

  test('is strict; what is wrong is said in plain words', async () => {
    const cases: [string, string][] = [
      ['{"a": 1,}', 'p.json:1:9: JSON has no comma before "}". Remove the comma.'],
      ['{\n  // note\n  "a": 1\n}', 'p.json:2:3: JSON has no comments. Use a .yaml file for comments.'],
      ['{\n  "a": 1\n  "b": 2\n}', 'p.json:3:3: a comma or "}" is missing here'],
      ['{"a": [1 2]}', 'p.json:1:10: a comma or "]" is missing here'],
      ["{'a': 1}", 'p.json:1:2: JSON needs double quotes'],
      ['{a: 1}', 'p.json:1:2: a key must be in double quotes'],
      ['{"a" 1}', 'p.json:1:6: a colon is missing here'],
      ['{"a": }', 'p.json:1:7: a value is missing here'],
      ['{"a": yes}', 'p.json:1:7: this is not a JSON value. Text must be in double quotes.'],
      ['{"a": 01}', 'p.json:1:7: this is not a JSON value. Text must be in double quotes.'],
      ['{"a": 1', 'p.json:1:8: a comma or "}" is missing here'],
      ['{"a": ', 'p.json:1:7: the text ends too early: something is not closed'],
      ['{"a": "x\n"}', 'p.json:1:7: the text that begins here has no closing quote'],
      ['{"a": "\\d+"}', 'p.json:1:8: JSON does not know this escape. A backslash is written "\\\\".'],
      ['{"a": "\t"}', 'p.json:1:8: a control character must be written as an escape, such as \\t'],
      ['{} {}', 'p.json:1:4: nothing may follow the closing bracket'],
      ['processors: {}', 'p.json:1:1: this is not a JSON value. Text must be in double quotes.'],
      ['['.repeat(100_000), 'p.json:1:201: values are nested too deeply here']
    ]
    for (const [source, expected] of cases) assert.deepEqual(await problemsOfJson(source), [expected], source)
  })

  test('has each key once', async () => {
    assert.deepEqual(await problemsOfJson('{"source": {"stdin": {}},\n "source": {"stdin": {}}}'), [
      'p.json:2:2: the key "source" stands here a second time; the first is in line 1'
    ])
  })
})
