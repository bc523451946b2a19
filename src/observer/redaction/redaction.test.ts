import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { DEFAULT_REDACTION, REDACTION_PRESETS } from '../../base/redaction.ts'
import { createReveal } from '../reveal.ts'
import { PLANTED } from './secrets-fixtures.ts'

const reveal = createReveal()
const openly = createReveal([], { ...DEFAULT_REDACTION, presets: [] })

describe('presets', () => {
  test('no secret of any preset is shown, however it is quoted [J16]', () => {
    for (const { secret, lines } of PLANTED) {
      for (const line of lines) assert.ok(!isIn(secret, reveal(Buffer.from(line))), `${line}\n${reveal(line)}`)
    }
  })

  test('each preset is what hides its secrets: without presets they are shown', () => {
    assert.deepEqual(new Set(PLANTED.map(({ preset }) => preset)), new Set(REDACTION_PRESETS))
    for (const { lines } of PLANTED) for (const line of lines) assert.equal(openly(line), line)
    for (const preset of REDACTION_PRESETS) {
      const alone = createReveal([], { ...DEFAULT_REDACTION, presets: [preset] })
      const own = PLANTED.filter(planted => planted.preset === preset)
      for (const { secret, lines } of own) for (const line of lines) assert.ok(!isIn(secret, alone(line)), alone(line))
    }
  })

  test('what is revealed twice is what is revealed once', () => {
    for (const { lines } of PLANTED) for (const line of lines) assert.equal(reveal(reveal(line)), reveal(line))
  })

  test('JSON stays JSON, and all that is no secret is shown', () => {
    for (const { lines } of PLANTED) {
      for (const line of lines) {
        if (/^[{["]/.test(line) && isJson(line)) assert.ok(isJson(reveal(line)), `${line}\n${reveal(line)}`)
        if (line.startsWith('{') && line.includes('"next":1')) assert.match(reveal(line), /"next":1/)
      }
    }
    assert.equal(reveal('{"password":"a\\"b\\\\","n":1}'), '{"password":"***","n":1}')
    assert.equal(reveal('{"password":12345,"n":1}'), '{"password":"***","n":1}')
    assert.equal(reveal('{"password":null,"token":"","n":1}'), '{"password":null,"token":"","n":1}')
    assert.equal(reveal('a=1 password=x b=2'), 'a=1 password=*** b=2')
    assert.equal(reveal('?a=1&token=x&b=2'), '?a=1&token=***&b=2')
    assert.equal(reveal('Authorization: Bearer abc status=200'), 'Authorization: Bearer *** status=200')
    assert.equal(reveal('https://user:pw@host:80/x'), 'https://user:***@host:80/x')
  })

  test('ordinary lines are shown as they are', () => {
    const lines = [
      '2024-05-01T10:00:00.123Z INFO 1700000000000 request took 12.5218745632147895 ms',
      '081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_38865049064139660 terminating',
      'https://example.com:8080/path?tokenizer=bert&tokens=12&author=bob',
      'authors: Bob; compass=north; passed=12; passenger: x; secretary=x',
      'risk-management-is-important-here sk-learn bearer of bad news',
      'a'.repeat(64),
      '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      '123e4567-e89b-12d3-a456-426614174000 0000:00:1f.2',
      'at run (/app/node_modules/@scope/name/index.js:1:2) zod@4.1.5',
      '1234567890123456 4111111111111112'
    ]
    for (const line of lines) assert.equal(reveal(line), line)
  })
})

describe('a text that was cut', () => {
  test('does not show the beginning of a secret that the end of the text cuts', () => {
    const beginnings = [
      'x eyJhbGciOi',
      `x ghp${'_'}9aB8`,
      `x AKIA${'IOSF'}`,
      'x password="hunt',
      '{"password":["hunt',
      'x Cookie: a=b; sid=abc',
      'x 4532 0151 128',
      'x alice.smith@exam',
      'x https://bob:hunt',
      '-----BEGIN PRIVATE KEY-----\nMIIEvQ'
    ]
    const parts = ['eyJhbG', '9aB8', 'IOSF', 'hunt', 'hunt', 'sid=abc', '0151', 'alice', 'hunt', 'MIIEvQ']
    for (const [index, text] of beginnings.entries()) {
      assert.ok(!reveal(text, true).includes(parts[index]), reveal(text, true))
    }
  })

  test('shows its end when that is no secret', () => {
    assert.equal(reveal('GET /index.html took 12 ms', true), 'GET /index.html took 12 ms')
  })
})

describe('patterns of the pipeline file', () => {
  const own = (source: string, flags = '') => createReveal([], { ...DEFAULT_REDACTION, patterns: [{ source, flags }] })

  test('hide what they match, also far inside a long text', () => {
    assert.equal(own('ID-\\d+')('a ID-12 b ID-3'), 'a *** b ***')
    const long = `${'x '.repeat(40_000)}ID-77 end`
    assert.ok(own('ID-\\d+')(long).endsWith('x *** end'))
    for (let length = 2_030; length < 2_060; length++) {
      assert.equal(own('ID-\\d+;')(`${'.'.repeat(length)}ID-123456789; x`), `${'.'.repeat(length)}*** x`)
    }
  })

  test('that match nothing leave the text', () => {
    assert.equal(own('x*')('abc'), 'abc')
  })

  test('hide the last word of a text that was cut: it may be the beginning of a match', () => {
    assert.equal(own('ID-\\d+')('a b ID-', true), 'a b ***')
  })
})

describe('payloads: off', () => {
  const off = createReveal(['s3cret'], { ...DEFAULT_REDACTION, showsPayloads: false })

  test('shows length and hash of bytes, and text of its own as ever', () => {
    assert.equal(off(Buffer.from('hello')), '[5 bytes, SHA-256 2cf24dba5fb0]')
    assert.equal(off(Buffer.from('hello'), true), '[first 5 bytes, SHA-256 2cf24dba5fb0]')
    assert.equal(off('in.log s3cret'), 'in.log ***')
  })
})

describe('hostile text', () => {
  const LENGTH = 2 ** 18
  const repeated = (piece: string): string => piece.repeat(Math.ceil(LENGTH / piece.length))
  const pieces = [
    'a',
    '1',
    '1 ',
    '4111 ',
    '1234-',
    '@',
    'a@',
    'a@a.',
    '.@',
    '://',
    '://a:',
    'eyJ',
    'eyJ.',
    'eyJaaaaaaaaaaaaa.',
    'sk-',
    '-',
    '_',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY',
    'password',
    'password=',
    'password:',
    '"password":',
    '"password":[',
    '"password":{"',
    'password="',
    "password='x\\",
    '\\',
    '\\"',
    '"',
    "'",
    '\\\\"password\\\\":\\\\"',
    'token',
    'Bearer ',
    'Bearer  a',
    'Authorization: ',
    'Authorization:',
    'Cookie: a; ',
    'cookie=a; ',
    'api-',
    'api_key-key',
    ',a',
    '&a',
    ';',
    '%',
    '%40',
    '%22',
    '%3D',
    '<password>',
    '--password ',
    'pass',
    ']',
    'user[password]',
    '\u{1f600}',
    '\ud800',
    '\0',
    '\n',
    ' '
  ]

  test('takes a time that grows with its length only [A23]', () => {
    for (const piece of pieces) {
      const long = repeated(piece)
      const short = long.slice(0, long.length / 8)
      const quick = Math.max(
        5,
        fastestOf(3, () => reveal(short))
      )
      const slow = fastestOf(1, () => reveal(long))
      // Eight times the work; sixty-four times would be a square.
      assert.ok(slow < quick * 32, `${JSON.stringify(piece)}: ${quick} ms, then ${slow} ms`)
    }
  })

  test('patterns that take too long hide the text instead of the answer', () => {
    const own = createReveal([], { ...DEFAULT_REDACTION, patterns: [{ source: '[a-z]+[0-9]+@', flags: '' }] })
    const texts = Array.from({ length: 100 }, () => own('a'.repeat(50_000)))
    assert.ok(texts.some(text => text.startsWith('[hidden')))
  })
})

function fastestOf(times: number, work: () => void): number {
  let fastest = Number.POSITIVE_INFINITY
  for (let time = 0; time < times; time++) {
    const begin = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(begin)
    fastest = Math.min(fastest, (user + system) / 1000)
  }
  return fastest
}

function isIn(secret: string, text: string): boolean {
  return (
    text.includes(secret) ||
    text.includes(encodeURIComponent(secret)) ||
    text.includes(JSON.stringify(secret).slice(1, -1))
  )
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
