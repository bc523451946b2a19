import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { LineValue } from '../line.ts'
import { type ConditionContext, compileCondition, conditionWarnings } from './condition.ts'
import { ConditionError } from './condition-error.ts'

const context: ConditionContext = { source: 'logs/app.log', file: '/logs/app.log', lineNumber: 7, tag: 'start' }

function holds(condition: string, line: LineValue, given: ConditionContext = context): boolean {
  return compileCondition(condition)(line, given)
}

function mistake(condition: string): ConditionError {
  try {
    compileCondition(condition)
  } catch (error) {
    assert.ok(error instanceof ConditionError)
    return error
  }
  throw new Error(`accepted: ${condition}`)
}

function failure(condition: string, line: LineValue): string {
  const compiled = compileCondition(condition)
  try {
    compiled(line, context)
  } catch (error) {
    assert.ok(error instanceof ConditionError)
    return error.message
  }
  throw new Error(`did not fail: ${condition}`)
}

describe('a condition on text', () => {
  const cases: [condition: string, line: string, expected: boolean][] = [
    ['line.contains("ERROR")', 'an ERROR here', true],
    ['line.contains("ERROR")', 'an error here', false],
    ['line.contains("")', '', true],
    ['line.startsWith("a") && line.endsWith("z")', 'a…z', true],
    ['line.startsWith("a") && line.endsWith("z")', 'a…', false],
    ['line == ""', '', true],
    ['line != "x"', 'x', false],
    ['"x" == line', 'x', true],
    ['line in ["a", "b"]', 'b', true],
    ['!(line in ["a", "b"])', 'c', true],
    ['line in ["1","2","3","4","5","6","7","8","9","10"]', '10', true],
    ['line.contains("a") || line.contains("b") || line.contains("c") || line.contains("d")', '--d--', true],
    ['true', '', true],
    ['!false && line == "x"', 'x', true],
    ['tag == "start" && source.endsWith(".log") && file.startsWith("/logs")', '', true],
    ['line.contains(tag)', 'we start now', true],
    ['line_number == 7', '', true],
    ['line_number % 2 == 1 && line_number > 6', '', true],
    ['size(line) > 3', 'four', true],
    ['line.contains("\\0000\\u2028")', 'a\u00000\u2028', true],
    ["line.contains('😀')", 'a😀b', true],
    ['line.contains("é") // a comment', 'é', true]
  ]
  for (const [condition, line, expected] of cases) {
    test(`${condition} is ${expected} for ${JSON.stringify(line)}`, () =>
      assert.equal(holds(condition, line), expected))
  }

  test('sees an empty file name when the source is no file', () => {
    assert.equal(holds('file == ""', '', { ...context, file: undefined }), true)
  })

  test('copes with a lone surrogate, NUL and a line of 1 MiB [A9 A11]', () => {
    assert.equal(holds('line.contains("x")', `\ud800\0x`), true)
    assert.equal(holds('line.endsWith("end")', `${'a'.repeat(2 ** 20)}end`), true)
  })
})

describe('a condition on a record', () => {
  const record = { status: 500, level: 'error', tags: ['a', 'b'], nested: { deep: [1, 2.5] }, empty: null, yes: true }
  for (const condition of [
    'line.status >= 500',
    'line.status == 500 && line.level == "error"',
    'line["level"] in ["error", "warn"]',
    'line.level.contains("rr") && line.level.matches("^e.*r$")',
    '"a" in line.tags',
    'line.tags[1] == "b"',
    'line.nested.deep[1] == 2.5',
    'line.nested == {"deep": [1, 2.5]}',
    'line.empty == null',
    'line.yes',
    'line.yes && !line.no',
    'size(line.tags) == 2',
    'line.tags.exists(tag, tag == "b")',
    'line.nested.deep.all(each, each > 0)',
    'line.tags.filter(each, each != "a") == ["b"]',
    'has(line.status) && !has(line.absent)',
    'cel.bind(s, line.status, s > 1 && s < 1000)',
    'line.status > 1 ? line.yes : false'
  ]) {
    test(`${condition} holds`, () => assert.equal(holds(condition, record), true))
  }

  test('computes with mixed numbers', () => {
    for (const condition of [
      'line.n + 1 == 6',
      '1 + line.n == 6.0',
      'line.n - 1.5 == 3.5',
      'line.n * 2 == 10',
      'line.n / 2 == 2.5',
      'line.n % 2 == 1',
      'line.n % line.n == 0',
      'line.n + line_number == 12',
      'line_number + 1u == 8',
      '2u * line_number == 14',
      'line_number == 7.0',
      'line_number != line.n',
      'line.n in [1, 5]',
      '1.5 + 1 == 2.5',
      'line.n < 6u'
    ]) {
      assert.equal(holds(condition, { n: 5 }), true, condition)
    }
  })

  test('reads a list that is the whole line', () => {
    assert.equal(holds('line[0] == "a" && size(line) == 2', ['a', 'b']), true)
  })

  test('takes the names of fields as data [A19]', () => {
    const odd = JSON.parse('{"__proto__": 1, "constructor": {"constructor": "x"}, "toString": 2}')

    assert.equal(holds('line.__proto__ == 1', odd), true)
    assert.equal(holds('line.constructor.constructor == "x"', odd), true)
    assert.equal(holds('line.toString == 2 && size(line) == 3 && "constructor" in line', odd), true)
    assert.equal(holds('line.constructor == line.constructor', odd), true)
    assert.equal(holds('line.constructor == 1', {}), false)
    assert.equal(holds('line.hasOwnProperty == 1', {}), false)
  })

  test('leaves frozen records as they are', () => {
    const frozen = Object.freeze({ a: Object.freeze([Object.freeze({ b: 1 })]) })

    assert.equal(holds('line.a.exists(each, each.b == 1)', frozen), true)
  })
})

describe('a missing field', () => {
  for (const condition of [
    'line.absent == 1',
    'line.absent != 1',
    'line.absent > 1',
    'line.absent.deeper == 1',
    'line.present.deeper == 1',
    'line["absent"] == 1',
    'line.list[5] == 1',
    'line.absent == line.absent',
    'line.absent in ["a"]',
    '"a" in line.absent',
    'line.absent.contains("a")',
    'line.absent.matches("a")',
    'line.absent + 1 == 2',
    'line.absent',
    'line.absent && true',
    'line.absent.exists(each, each == 1)',
    'line.absent ? true : false',
    'has(line.absent.deeper)',
    'cel.bind(it, line.absent, it == 1)'
  ]) {
    test(`makes ${condition} false`, () => {
      assert.equal(holds(condition, { present: 'text', list: [] }), false)
      assert.equal(holds(`(${condition}) || true`, { present: 'text', list: [] }), true)
      assert.equal(holds(`!(${condition})`, { present: 'text', list: [] }), true)
    })
  }

  test('of one side leaves the other side to decide', () => {
    assert.equal(holds('line.a == 1 || line.b == 2', { b: 2 }), true)
    assert.equal(holds('line.a == 1 && line.b == 2', { b: 2 }), false)
    assert.equal(holds('!line.debug', {}), true)
    assert.equal(holds('line.debug ? line.a == 1 : line.a == 2', { a: 2 }), true)
  })

  test('of text is any field', () => {
    assert.equal(holds('line.status >= 500', 'status=500'), false)
  })

  test('of one element is false for that element only', () => {
    assert.equal(holds('line.exists(each, each.x > 3)', [{}, { x: 5 }]), true)
  })
})

describe('an evaluation that cannot be done', () => {
  test('fails and says what did not fit', () => {
    assert.equal(
      failure('line.status >= 500', { status: '500' }),
      'condition "line.status >= 500" failed: no operator ">=" for text and int'
    )
    assert.equal(
      failure('line.contains("x")', { a: 1 }),
      'condition "line.contains(\\"x\\")" failed: "contains" is for text, not for a record (name a field of it)'
    )
    assert.match(failure('line.a', { a: 'x' }), /failed: the result must be true or false, not text$/)
    assert.match(failure('1 / int(line.n) == 1', { n: 0 }), /failed: division by zero$/)
    assert.match(
      failure('line.a.matches(line.b)', { a: 'x', b: '(' }),
      /failed: not a valid pattern: Unterminated group$/
    )
  })

  test('does not matter when the other side of || decides', () => {
    assert.equal(holds('line.status >= 500 || line.status == "x"', { status: 'x' }), true)
    assert.equal(holds('line.contains("x") || line.a == 1', { a: 1 }), true)
  })

  test('leaves the condition as it was', () => {
    const condition = compileCondition('line.status >= 500')

    assert.throws(() => condition({ status: 'x' }, context))
    assert.equal(condition({ status: 500 }, context), true)
  })
})

describe('matches', () => {
  test('finds anywhere, keeps no state, and takes leading flags', () => {
    const condition = compileCondition('line.matches("(?i)err(or)?\\\\b")')

    for (let round = 0; round < 3; round++) assert.equal(condition('an ERRor!', context), true)
    assert.equal(condition('terrorist', context), false)
    assert.equal(holds('line.matches("(?is)a.b")', 'A\nB'), true)
    assert.equal(holds('line.matches("(?m)^b$")', 'a\nb'), true)
  })

  test('knows the classes of Unicode', () => {
    assert.equal(holds("line.matches(r'^\\p{Lu}+$')", 'ÄÖ'), true)
    assert.equal(holds("line.matches(r'^\\p{Lu}+$')", 'p{Lu}'), false)
  })

  test('takes a pattern from the line', () => {
    assert.equal(holds('line.text.matches(line.pattern)', { text: 'abc', pattern: '^a.c$' }), true)
  })
})

describe('a mistake in a condition', () => {
  const cases: [condition: string, offset: number, sentence: string][] = [
    ['', 0, 'the condition is empty. Write for example line.contains("ERROR").'],
    ['line.contains("x") && lnie == "y"', 22, 'unknown name "lnie". Did you mean "line"?'],
    [
      'line.contains(ERROR)',
      14,
      'unknown name "ERROR". Write line.ERROR for a field of a record, or "ERROR" for text. ' +
        'Names: line, source, file, line_number, tag.'
    ],
    ['line.startswith("x")', 0, 'unknown method "startswith". Did you mean "startsWith"?'],
    ['line.includes("x")', 0, 'unknown method "includes". Did you mean "contains"?'],
    ['contains(line, "x")', 0, 'unknown function "contains". Write it behind the value: line.contains(…).'],
    ['line = "x"', 5, 'unexpected "=". Write == to compare.'],
    ['line =~ "x"', 5, 'unexpected "=". Write line.matches("…").'],
    ['line == "x" and true', 12, 'unexpected "and". Write && instead of "and".'],
    ['not line.contains("x")', 4, 'unexpected "line". Write ! instead of "not".'],
    ['line.contains("x") | true', 19, 'unexpected "|". Write ||.'],
    ['line.contains("x"', 17, 'expected ")", found the end'],
    ['line.contains("x', 14, 'text without its closing quote'],
    ['line == ', 8, 'the condition ends too early'],
    ['line.contains("\\q")', 15, 'Invalid escape sequence: \\q'],
    ['line.contains(5)', 14, '"contains" cannot take int'],
    ['source.contains(5)', 0, '"contains" cannot take int'],
    ['source == 5', 0, 'no operator "==" for text and int'],
    ['line_number && true', 0, 'both sides of && and || must be true or false, not int'],
    ['line_number', 0, 'a condition must be true or false, this one is int'],
    ['"x"', 0, 'a condition must be true or false, this one is text'],
    [
      'line',
      0,
      'a condition must be true or false, this one is a whole line. Write for example line.contains("ERROR").'
    ],
    ["line.matches('a(b')", 13, 'not a valid pattern: Unterminated group'],
    ["true || line.a.matches('[b')", 23, 'not a valid pattern: Unterminated character class'],
    [
      "line.matches('a(?i)b')",
      13,
      'not a valid pattern: Invalid group. Flags such as (?i) stand at the start of the pattern.'
    ],
    ["line.matches('(?x)a')", 13, 'unknown flag "x" in (?x). Known flags: i, m, s.'],
    ["line.matches(r'a\\z')", 13, 'not a valid pattern: unknown escape \\z. Write $ for the end.'],
    [
      "line.matches('[[:alpha:]]')",
      13,
      'not a valid pattern: unknown set [:alpha:]. Write the characters: [A-Za-z], [0-9], \\s.'
    ]
  ]
  for (const [condition, offset, sentence] of cases) {
    test(`${condition === '' ? 'nothing at all' : condition} is told at ${offset}`, () => {
      const error = mistake(condition)
      assert.equal(error.sentence, sentence)
      assert.equal(error.offset, offset)
    })
  }

  test('of length is told in a short message', () => {
    const long = Array.from({ length: 5000 }, () => 'line == "x"').join(' || ')

    assert.equal(mistake(long).message, 'the condition is too long')
    assert.ok(String(mistake(`${'('.repeat(5000)}true${')'.repeat(5000)}`).stack).length < 5000)
  })
})

test('a chain of a thousand tests works for text and for records', () => {
  const chain = compileCondition(Array.from({ length: 1000 }, (_, index) => `line == "${index}"`).join(' || '))

  assert.equal(chain('999', context), true)
  assert.equal(chain('1000', context), false)
  assert.equal(chain({}, context), false)
})

describe('conditionWarnings', () => {
  test('names the patterns that a hostile line could keep busy [A23]', () => {
    assert.deepEqual(conditionWarnings('line.matches("(a+)+$") && line.matches("(?i)error") && line.contains("x")'), [])
    const [first, second] = conditionWarnings('line.matches("(?=a)b") || line.a.matches(line.b)')
    assert.match(first, /^pattern "\(\?=a\)b" cannot run in linear time/)
    assert.match(second, /^pattern "line\.b" is known only when a line is there/)
  })
})
