// `${NAME}` in values: where it is put in, what it can never do, and that what it holds is shown nowhere.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { load, planOf, problemsOf, withEnd } from './fixtures.ts'

const withPath = (path: string): string =>
  `source: { stdin: {} }\nprocessors: { start: { trim: {}, to: end } }\nsinks: { end: { file: { path: ${path} } } }`

async function pathOf(path: string, environment: NodeJS.ProcessEnv = {}): Promise<unknown> {
  return ((await planOf(withPath(path), { environment })).sinks[0].options as { path: unknown }).path
}

describe('a variable', () => {
  test('is put into values, wherever it stands in them', async () => {
    const environment = { FOLDER: '/var/log', NAME: 'out' }

    assert.equal(await pathOf('"${FOLDER}/${NAME}.log"', environment), '/var/log/out.log')
    assert.equal(await pathOf("'${NAME}'", environment), 'out')
  })

  test('is put in after parsing: it can neither add keys nor tags nor structure [D6]', async () => {
    const value = 'x\n  evil: { file: { path: y } }\n# "\' !!js/function ${OTHER}'

    assert.equal(await pathOf('"${EVIL}"', { EVIL: value }), value)
  })

  test('has a default for when it is unset or empty', async () => {
    assert.equal(await pathOf('"${NAME:-out}.log"'), 'out.log')
    assert.equal(await pathOf('"${NAME:-out}.log"', { NAME: '' }), 'out.log')
    assert.equal(await pathOf('"${NAME:-out}.log"', { NAME: 'x' }), 'x.log')
    assert.equal(await pathOf('"a${NAME:-}b"'), 'ab')
    assert.equal(await pathOf('"a${NAME}b"', { NAME: '' }), 'ab')
    assert.equal(await pathOf('"${NAME:-:-$x}"'), ':-$x')
  })

  test('that is missing is an error, and only that [D6]', async () => {
    assert.deepEqual(await problemsOf(withPath('"${HOEM}/x"'), { environment: { HOME: '/root' } }), [
      'pipeline.yaml:3:31: the environment variable HOEM is not set. Did you mean "HOME"?'
    ])
    assert.deepEqual(await problemsOf(withEnd('processors: { start: { delay: { ms: "${MS}" }, to: "${TO}" } }')), [
      'pipeline.yaml:2:37: the environment variable MS is not set. Set it, or give a default: ${MS:-default}.',
      'pipeline.yaml:2:52: the environment variable TO is not set. Set it, or give a default: ${TO:-default}.'
    ])
    assert.deepEqual(
      await problemsOf(withEnd('entry: "${__proto__}"\nprocessors: { start: { use: "${constructor}" } }')),
      [
        'pipeline.yaml:2:8: the environment variable __proto__ is not set. Set it, or give a default: ${__proto__:-default}.',
        'pipeline.yaml:3:29: the environment variable constructor is not set. Set it, or give a default: ${constructor:-default}.'
      ]
    )
  })

  test('has a name; a plain "${" is written "$${"', async () => {
    const hint = 'Write ${NAME} or ${NAME:-default}; a plain "${" is written "$${".'
    for (const text of ['${}', '${A-B}', '${1}', '${A', '${A:+x}']) {
      assert.deepEqual(await problemsOf(withPath(`"${text}"`)), [
        `pipeline.yaml:3:31: "${text}" names no environment variable. ${hint}`
      ])
    }
    assert.equal(await pathOf('"$${NAME}$$${A}"', { A: 'x' }), '${NAME}$${A}')
    assert.equal(await pathOf('"$NAME $ {x}"'), '$NAME $ {x}')
  })

  test('is read as a number or truth value where one is asked for', async () => {
    const source = withEnd(
      `processors:
  start: { delay: { ms: "\${MS}", block: "\${BLOCK:-true}", mode: "\${MODE}" }, to: end, concurrency: "\${N}", timeout: "\${T}" }`
    )
    const { plan, secrets } = await load(source, { environment: { MS: '250', N: '4', MODE: 'random', T: '5s' } })

    assert.deepEqual(plan.processors[0]?.options, { ms: 250, block: true, mode: 'random' })
    assert.equal(plan.processors[0]?.concurrency, 4)
    assert.equal(plan.processors[0]?.timeoutMilliseconds, 5000)
    assert.deepEqual(secrets, ['random'])
    assert.deepEqual(await problemsOf(source, { environment: { MS: 'soon', N: '4', MODE: 'random', T: '5s' } }), [
      'pipeline.yaml:3:25: "ms" of "delay" must be a whole number from 0 to 1000, not "***"'
    ])
  })

  test('may name the place where lines go', async () => {
    const { plan, secrets } = await load(
      withEnd('entry: "${A}"\nprocessors: { start: { trim: {}, to: "${END}", on_error: { to: "${END}" } } }'),
      { environment: { A: 'start', END: 'end' } }
    )

    assert.equal(plan.processors[0]?.target, 1)
    assert.deepEqual(secrets, [])
  })

  test('is not looked for in keys, comments and parts that an argument replaces', async () => {
    const plan = await planOf(
      `# \${COMMENT}\nsource: { file: { path: "\${IN}" } }\nprocessors: { "\${KEY}": { trim: {}, to: end } }\nsinks: { end: { file: { path: "\${OUT}" } } }`,
      { inputs: ['-'], outputs: [{ path: '-' }] }
    )

    assert.equal(plan.processors[0]?.name, '${KEY}')
  })
})

describe('what came from the environment', () => {
  test('is named for masking, longest first, with every line of it; defaults and short values are not', async () => {
    const { secrets } = await load(withPath('"${SHORT}${LONG}${PEM}${NONE:-fallback}"'), {
      environment: { SHORT: 'abc', LONG: 'password', PEM: '-----BEGIN\nsecret\n-----END' }
    })

    assert.deepEqual(secrets, ['-----BEGIN\nsecret\n-----END', '-----BEGIN', 'password', '-----END', 'secret'])
  })

  test('is masked in problems and warnings [D6]', async () => {
    const environment = { SECRET: 'hunter2-hunter2' }
    const problems = await problemsOf(
      withEnd(`processors:
  start: { use: "./\${SECRET}.ts", to: end }
  b: { sample: { rate: "\${SECRET}" }, to: end }
  c: { trim: {}, to: "\${SECRET}" }
  d: { trim: {}, to: end, timeout: "\${SECRET}" }
  e: { filter: { when: "line == \${SECRET}" }, to: end }`),
      { environment }
    )

    assert.equal(problems.length, 5)
    assert.doesNotMatch(problems.join('\n'), /hunter2-h/)
    assert.match(problems[0] ?? '', /there is no module "\.\/\*\*\*\.ts"/)
  })
})
