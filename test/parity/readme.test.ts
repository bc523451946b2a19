// What the README and the other documents show is what happens: their files, their commands, their answers, their links.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'

import { ROOT } from '../e2e/support/cli.ts'
import { type Block, blocksOf, commandsOf, localLinksOf, readDocument } from './support/documents.ts'
import { startFirstSteps } from './support/first-steps.ts'
import { assertPartOf } from './support/part-of.ts'
import { Workplace, withoutTimes } from './support/run-commands.ts'

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  'examples/first-steps/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`)
]
const BLOCKS = DOCUMENTS.flatMap(blocksOf)

const blocksOfKind = (kind: string): Block[] => BLOCKS.filter(block => block.kind === kind)

test('the README is no longer than 200 lines', () => {
  const lines = readDocument('README.md').split('\n').length - 1

  assert.ok(lines <= 200, `${lines} lines`)
})

test('every link of a document leads to a file or a heading that is there', () => {
  for (const document of DOCUMENTS) {
    for (const link of localLinksOf(document)) {
      const [path = '', heading] = link.split('#')
      const target = path === '' ? document : join(dirname(document), path)
      assert.ok(existsSync(join(ROOT, target)), `${document}: ${link}`)
      if (heading !== undefined) assert.ok(headingsOf(target).includes(heading), `${document}: ${link}`)
    }
  }
})

describe('a document that shows', () => {
  test('a file shows it as it is', () => {
    const blocks = blocksOfKind('file')
    assert.ok(blocks.length > 0)
    for (const { place, argument, text } of blocks) assert.equal(text, readDocument(argument), place)
  })

  test('a pipeline shows a valid one', async t => {
    const workplace = new Workplace(t, 'examples/parse-errors')
    const blocks = blocksOf('docs/pipeline.md').filter(({ text }) => /^processors:$/m.test(text))
    assert.ok(blocks.length > 3)
    for (const { place, text } of blocks) {
      writeFileSync(join(workplace.folder, 'shown.yaml'), text)
      const printed = await workplace.run('OUTPUT_FILE=out.log linescope validate shown.yaml')
      assert.match(printed, /^shown\.yaml: .* nothing wrong\.$/m, `${place}: ${printed}`)
    }
  })

  test('a part of a file shows it as it stands there', () => {
    for (const { place, argument, text } of blocksOfKind('part')) {
      assert.ok(`\n${readDocument(argument)}`.includes(`\n${text}`), place)
    }
  })

  for (const block of blocksOfKind('run')) {
    test(`commands shows what they print: ${block.place}`, async t => {
      const workplace = new Workplace(t, block.argument)
      const commands = commandsOf(block)
      assert.ok(commands.length > 0)
      for (const { command, output } of commands) {
        assert.equal(withoutTimes(await workplace.run(command)), withoutTimes(output), `${block.place}: ${command}`)
      }
    })
  }

  test('answers shows what comes', async t => {
    const url = await startFirstSteps(t)
    const blocks = blocksOfKind('answer')
    assert.ok(blocks.length > 0)
    for (const { place, argument, text } of blocks) {
      const [path, status = '200'] = argument.split(' ')
      const answer = await fetch(url + path)
      assert.equal(answer.status, Number(status), place)
      assertPartOf(await answer.json(), JSON.parse(text), place)
    }
  })
})

/** As a forge makes them. */
function headingsOf(path: string): string[] {
  return [...readDocument(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
  )
}
