// The closures for text against the CEL library, and the patterns without the flag `i` against those with it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { expandAsciiCase } from './ascii-case.ts'
import { compileByLibrary, compileCondition } from './condition.ts'

// Few letters, so that the texts meet often; and what strings are tricky with.
const unit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b') },
  fc.constantFrom('A', '\0', '"', '\\', 'é', '😀', '\ud800', '\u2028')
)
const text = fc.string({ unit, maxLength: 5 })
const wellFormed = fc.string({ unit, maxLength: 2 }).filter(value => value.isWellFormed())

const literal = wellFormed.map(
  value =>
    `"${Array.from(value)
      .map(char => `\\U${char.codePointAt(0)!.toString(16).padStart(8, '0')}`)
      .join('')}"`
)
const variable = fc.constantFrom('line', 'line', 'line', 'source', 'file', 'tag')
const value = fc.oneof({ weight: 2, arbitrary: variable }, literal)

const leaf = fc.oneof(
  fc
    .tuple(value, fc.constantFrom('contains', 'startsWith', 'endsWith'), value)
    .map(([a, method, b]) => `${a}.${method}(${b})`),
  fc.tuple(value, fc.constantFrom('==', '!='), value).map(([a, operator, b]) => `${a} ${operator} ${b}`),
  fc
    .tuple(value, fc.array(literal, { minLength: 0, maxLength: 12 }))
    .map(([a, list]) => `${a} in [${list.join(', ')}]`),
  fc.tuple(variable, fc.constantFrom('"^a"', '"(?i)a+b"', '"b$|é"')).map(([a, pattern]) => `${a}.matches(${pattern})`),
  fc.constantFrom('true', 'false')
)

const { condition } = fc.letrec<{ condition: string }>(tie => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('condition').map(inner => `!(${inner})`),
    fc
      .tuple(fc.constantFrom('&&', '||'), fc.array(tie('condition'), { minLength: 2, maxLength: 5 }))
      .map(([operator, parts]) => parts.map(part => `(${part})`).join(` ${operator} `))
  )
}))

test('a condition gives the same answer as the library, for every text', () => {
  fc.assert(
    fc.property(condition, fc.array(fc.tuple(text, text), { minLength: 8, maxLength: 8 }), (source, samples) => {
      const compiled = compileCondition(source)
      const evaluated = compileByLibrary(source)
      for (const [line, other] of samples) {
        const context = { source: other, file: other === '' ? undefined : other, lineNumber: 1, tag: 'a' }
        assert.equal(compiled(line, context), evaluated(line, context), `${source} for ${JSON.stringify(line)}`)
      }
    }),
    { numRuns: 2000 }
  )
})

test('a condition gives the same answer or error as the library, for records too', () => {
  const outcome = (run: () => boolean) => {
    try {
      return run()
    } catch (error) {
      return (error as Error).message
    }
  }
  fc.assert(
    fc.property(condition, fc.object(), (source, record) => {
      const line = record as Record<string, never>
      const context = { source: 'a', file: undefined, lineNumber: 1, tag: 'b' }
      assert.equal(
        outcome(() => compileCondition(source)(line, context)),
        outcome(() => compileByLibrary(source)(line, context))
      )
    }),
    { numRuns: 300 }
  )
})

const patternPart = fc.constantFrom(
  ...[
    'a',
    'B',
    'k',
    'S',
    'z',
    '1',
    '.',
    ' ',
    '-',
    '[ab]',
    '[^a]',
    '[a-z]',
    '[^A-F]',
    '[X-c]',
    '[\\w-]',
    '[a\\-c]',
    '[\\x41-\\x43]'
  ],
  ...[
    '\\d',
    '\\W',
    '\\s',
    '\\b',
    '\\x61',
    '\\u0041',
    '\\.',
    '\\\\',
    '\\n',
    '(?:a|B)',
    '(?<name>a)',
    '(b)',
    '(?=a)',
    '(?!B)',
    '(?<=a)'
  ],
  ...['a*', 'B+', 'c?', 'd{1,2}', '^', '$', '|', '[ -~]', '[]', '[^]', '\\-', '\\/', '{']
)

test('a pattern written out for both cases matches exactly what the flag i matches', () => {
  const letters = fc.string({
    unit: fc.constantFrom(...Array.from('aAbBcCdDkKsSzZ 1-_[^.\\\n'), 'K', 'ſ', 'é', 'ß', 'µ'),
    maxLength: 8
  })
  let compared = 0
  fc.assert(
    fc.property(
      fc.array(patternPart, { maxLength: 5 }),
      fc.array(letters, { minLength: 5, maxLength: 5 }),
      (parts, lines) => {
        const pattern = parts.join('')
        const expanded = expandAsciiCase(pattern)
        if (expanded === undefined) return
        let plain: RegExp
        try {
          plain = new RegExp(pattern, 'i')
        } catch {
          return
        }
        compared++
        const written = new RegExp(expanded)
        for (const line of lines)
          assert.equal(written.exec(line)?.[0], plain.exec(line)?.[0], `${pattern} for ${JSON.stringify(line)}`)
      }
    ),
    { numRuns: 20_000 }
  )
  assert.ok(compared > 15_000, `only ${compared} patterns were compared`)
})
