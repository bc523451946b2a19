import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { checkHouse, type TextFile } from '../../scripts/check-house.ts'

function file(path: string, lines: number): TextFile {
  return { path, text: 'a()\n'.repeat(lines) }
}

describe('the house rules', () => {
  test('refuse a file of more than 400 lines', () => {
    const short = Array.from({ length: 10 }, (_, i) => file(`src/base/${i}.ts`, 10))

    assert.deepEqual(checkHouse([...short, file('src/base/long.ts', 400)]), [])
    assert.match(checkHouse([...short, file('src/base/long.ts', 401)]).join(), /long\.ts: 401 lines/)
  })

  test('want nine files in ten below 250 lines', () => {
    const short = Array.from({ length: 18 }, (_, i) => file(`src/base/${i}.ts`, 249))
    const long = [file('src/base/a.ts', 250), file('src/base/b.ts', 250)]

    assert.deepEqual(checkHouse([...short, ...long]), [])
    assert.match(checkHouse([...short, ...long, file('test/c.ts', 250)]).join(), /^3 of 21 files/)
  })

  test('find a path of one machine', () => {
    for (const path of ['home/me/x', 'root/x', 'tmp/out', 'work/main', 'Users/me']) {
      assert.match(checkHouse([{ path: 'docs/a.md', text: `first\nsee /${path}` }]).join(), /^docs\/a\.md:2/)
    }
    assert.deepEqual(
      checkHouse([{ path: 'docs/a.md', text: `src${'/home/'}x .${'/tmp/'}x https://example.org${'/home/'}` }]),
      []
    )
  })

  test('find tests that are left out', () => {
    const text = ["test.only('a', f)", "describe\n  .skip('a', f)", "it.todo('a')", "test('a', { skip: true }, f)"]

    for (const line of text) assert.equal(checkHouse([{ path: 'src/a.test.ts', text: line }]).length, 1, line)
    assert.deepEqual(checkHouse([{ path: 'src/a.test.ts', text: "lines.filter(only); // .skip('\n" }]), [])
  })
})
