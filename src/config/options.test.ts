// Options of components and the keys that every processor may have: what is said when a value is wrong, and where.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { planOf, problemsOf, withEnd } from './fixtures.ts'

async function problemOfSample(options: string): Promise<string[]> {
  const problems = await problemsOf(withEnd(`processors: { start: { sample: { ${options} }, to: end } }`))
  return problems.map(problem => problem.replace('pipeline.yaml:2:', ''))
}

describe('an option', () => {
  test('of the wrong kind is told which kind it must be', async () => {
    assert.deepEqual(await problemOfSample('rate: fast'), [
      '40: "rate" of "sample" must be a number, not the text "fast"'
    ])
    assert.deepEqual(await problemOfSample('rate: '), ['41: "rate" of "sample" must be a number, not empty'])
    assert.deepEqual(await problemOfSample('rate: [1]'), ['40: "rate" of "sample" must be a number, not a list'])
    assert.deepEqual(await problemOfSample('keys: abc'), ['40: "keys" of "sample" must be a list, not the text "abc"'])
    assert.deepEqual(await problemOfSample('labels: [a]'), ['42: "labels" of "sample" must be a map, not a list'])
    assert.deepEqual(await problemOfSample('check: { a: 1 }'), ['41: "check" of "sample" must be text, not a map'])
  })

  test('out of range is told the range [D10]', async () => {
    assert.deepEqual(await problemOfSample('rate: 0'), ['40: "rate" of "sample" must be more than 0, not the number 0'])
    assert.deepEqual(await problemOfSample('rate: 1.5'), [
      '40: "rate" of "sample" must be at most 1, not the number 1.5'
    ])
    assert.deepEqual(await problemOfSample('keys: [ab, c]'), [
      '45: item 2 of "keys" of "sample" must have at least 2 characters'
    ])
    assert.deepEqual(await problemOfSample('keys: [aa, bb, cc, dd]'), [
      '40: "keys" of "sample" must have at most 3 items'
    ])
  })

  test('with a slip that is common in YAML gets a hint', async () => {
    assert.deepEqual(await problemOfSample('check: 5'), [
      '41: "check" of "sample" must be text, not the number 5. Put it in quotes: "5".'
    ])
    assert.deepEqual(await problemOfSample('check: true'), [
      '41: "check" of "sample" must be text, not true. Put it in quotes: "true".'
    ])
    assert.deepEqual(await problemOfSample('rate: "1"'), [
      '40: "rate" of "sample" must be a number, not the text "1". Write 1 without quotes.'
    ])
    assert.deepEqual(await problemOfSample('rate: 1_000'), [
      '40: "rate" of "sample" must be a number, not the text "1_000". Write 1000.'
    ])
    const delay = (options: string): Promise<string[]> =>
      problemsOf(withEnd(`processors: { start: { delay: { ms: 1, ${options} }, to: end } }`))
    assert.deepEqual(await delay('block: yes'), [
      'pipeline.yaml:2:47: "block" of "delay" must be true or false, not the text "yes". Write true.'
    ])
    assert.deepEqual(await delay('block: off'), [
      'pipeline.yaml:2:47: "block" of "delay" must be true or false, not the text "off". Write false.'
    ])
    assert.deepEqual(await delay('mode: randon'), [
      'pipeline.yaml:2:46: "mode" of "delay" must be "exact" or "random", not the text "randon". Did you mean "random"?'
    ])
  })

  test('that may be one of several kinds is told about the nearest', async () => {
    assert.deepEqual(await problemOfSample('by: 5'), ['38: "by" of "sample" must be text or a map, not the number 5'])
    assert.deepEqual(await problemOfSample('by: { feild: a, depth: 1 }'), [
      '40: unknown option "feild" of "sample". Did you mean "field"?'
    ])
    assert.deepEqual(await problemOfSample('by: { field: a, depth: deep }'), [
      '57: "depth" of "sample" must be a number, not the text "deep"'
    ])
    assert.deepEqual(await problemOfSample('by: { field: a }'), ['38: "depth" of "sample" is missing'])
  })

  test("is refused in its author's own words where there are any", async () => {
    assert.deepEqual(await problemOfSample('check: bad'), ['41: "check" of "sample": is bad'])
    assert.deepEqual(await problemOfSample('every: 5x'), [
      '41: "every" of "sample" must be a duration such as "100ms", "1.5s" or "2m", not "5x"'
    ])
    assert.deepEqual(await problemOfSample('pattern: b'), [
      '43: "pattern" of "sample": invalid string: must match pattern /^a/'
    ])
  })

  test('that nobody knows is never left out in silence, not even "__proto__" [D2 D3]', async () => {
    assert.deepEqual(await problemOfSample('__proto__: 1, constructor: 2'), [
      '34: unknown option "__proto__" of "sample"'
    ])
    assert.deepEqual(await problemOfSample('constructor: 2'), [
      '34: unknown option "constructor" of "sample". Known are "rate", "keys", "labels", "pattern", "by", "every" and "check".'
    ])
    assert.deepEqual(await problemOfSample('labels: { a: b, __proto__: c }'), [
      '50: unknown option "__proto__" of "sample"'
    ])
    const plan = await planOf(
      withEnd('processors: { start: { sample: { labels: { constructor: b, 1: c } }, to: end } }')
    )
    assert.deepEqual(plan.processors[0]?.options, { labels: { 1: 'c', constructor: 'b' } })
  })

  test('that is infinite or no number is refused [D10]', async () => {
    for (const number of ['.inf', '-.inf', '.nan', '1e309']) {
      const [problem] = await problemOfSample(`rate: ${number}`)
      assert.match(problem ?? '', /^40: "rate" of "sample" must be a number, not the number (-?Infinity|NaN)$/)
    }
  })
})

test('options where there are none to be given are refused', async () => {
  const problemOf = (value: string): Promise<string[]> =>
    problemsOf(withEnd(`processors: { start: { trim: ${value}, to: end } }`))

  assert.deepEqual(await problemOf('{ left: true }'), [
    'pipeline.yaml:2:32: "trim" takes no options; "left" is unknown'
  ])
  assert.deepEqual(await problemOf('true'), ['pipeline.yaml:2:30: "trim" takes no options'])
  assert.deepEqual(await problemsOf(withEnd('processors: { start: { route: } }')), [
    'pipeline.yaml:2:24: "route" needs options'
  ])
  assert.deepEqual(await problemsOf(withEnd('processors: { start: { filter: , to: end } }')), [
    'pipeline.yaml:2:24: "when" of "filter" is missing'
  ])
})

test('a mistake inside a condition is shown at its character, in every way to write it', async () => {
  const problemOf = async (when: string): Promise<string | undefined> =>
    (await problemsOf(withEnd(`processors:\n  start:\n    to: end\n    filter:\n      when: ${when}`)))[0]
  const message = '"when" of "filter": unknown method "contain". Did you mean "contains"?'

  assert.equal(await problemOf('line.contain("x")'), `pipeline.yaml:6:13: ${message}`)
  assert.equal(await problemOf(`'file == "it''s" && line.contain("x")'`), `pipeline.yaml:6:33: ${message}`)
  assert.equal(
    await problemOf('"file == \\"\\u0041\\U0001F600\\" && line.contain(\\"x\\")"'),
    `pipeline.yaml:6:46: ${message}`
  )
  assert.equal(
    await problemOf('|\n        file == "a" ||\n          line.contain("x")'),
    `pipeline.yaml:8:11: ${message}`
  )
  // Folded lines cannot be told apart any more: the value itself is the place.
  assert.equal(
    await problemOf('>\n        file == "a" ||\n        line.contain("x")'),
    `pipeline.yaml:6:13: ${message}`
  )
})

describe('retry', () => {
  const problemOf = (retry: string): Promise<string[]> =>
    problemsOf(withEnd(`processors: { start: { trim: {}, to: end, retry: ${retry} } }`))

  test('has attempts, a wait and its limit', async () => {
    const retryOf = async (retry: string): Promise<unknown> =>
      (await planOf(withEnd(`processors: { start: { trim: {}, to: end, retry: ${retry} } }`))).processors[0]?.retry

    assert.deepEqual(await retryOf('{ attempts: 2, backoff: 1.5s, max_backoff: 1m }'), {
      attempts: 2,
      backoffMilliseconds: 1500,
      maxBackoffMilliseconds: 60_000
    })
    assert.deepEqual(await retryOf('{ attempts: 2, backoff: 50 }'), {
      attempts: 2,
      backoffMilliseconds: 50,
      maxBackoffMilliseconds: 30_000
    })
    assert.deepEqual(await retryOf('{ attempts: 2, backoff: 2m }'), {
      attempts: 2,
      backoffMilliseconds: 120_000,
      maxBackoffMilliseconds: 120_000
    })
  })

  test('refuses anything else', async () => {
    const at = 'pipeline.yaml:2:'
    assert.deepEqual(await problemOf('3'), [`${at}50: "retry" must be a map, not the number 3`])
    assert.deepEqual(await problemOf('{}'), [`${at}50: "attempts" of "retry" is missing`])
    assert.deepEqual(await problemOf('{ attempts: 0 }'), [
      `${at}62: "attempts" of "retry" must be a whole number from 1 to 1000, not 0`
    ])
    assert.deepEqual(await problemOf('{ attempts: 2.5 }'), [
      `${at}62: "attempts" of "retry" must be a whole number from 1 to 1000, not 2.5`
    ])
    assert.deepEqual(await problemOf('{ attempts: 2, backoff: -1s }'), [
      `${at}74: "backoff" of "retry" must be a duration such as "100ms", "1.5s" or "2m", not "-1s"`
    ])
    assert.deepEqual(await problemOf('{ attempts: 2, backoff: 1m, max_backoff: 1s }'), [
      `${at}91: "max_backoff" of "retry" must not be shorter than "backoff"`
    ])
    assert.deepEqual(await problemOf('{ attempts: 2, delay: 1s, maxBackoff: 1s }'), [
      `${at}65: unknown option "delay" of "retry". Known are "attempts", "backoff" and "max_backoff".`,
      `${at}76: unknown option "maxBackoff" of "retry". Did you mean "max_backoff"?`
    ])
  })
})

test('timeout, concurrency and on_error refuse what they cannot be [D10]', async () => {
  const problemOf = (keys: string): Promise<string[]> =>
    problemsOf(withEnd(`processors: { start: { trim: {}, to: end, ${keys} } }`))
  const duration = 'must be a duration such as "100ms", "1.5s" or "2m"'

  assert.deepEqual(await problemOf('timeout: soon'), [`pipeline.yaml:2:52: "timeout" ${duration}, not "soon"`])
  assert.deepEqual(await problemOf('timeout: 25d'), [
    'pipeline.yaml:2:52: "timeout" must be from 0 ms to 24 d, not "25d"'
  ])
  assert.deepEqual(await problemOf('timeout: [1s]'), [`pipeline.yaml:2:52: "timeout" ${duration}, not that`])
  assert.deepEqual(await problemOf('concurrency: 0'), [
    'pipeline.yaml:2:56: "concurrency" must be a whole number from 1 to 1024, not 0'
  ])
  assert.deepEqual(await problemOf('concurrency: many'), [
    'pipeline.yaml:2:56: "concurrency" must be a whole number from 1 to 1024, not "many"'
  ])
  const forms = '"on_error" must be dead_letter, drop, stop or { to: name }'
  assert.deepEqual(await problemOf('on_error: deadletter'), [
    `pipeline.yaml:2:53: ${forms}. Did you mean "dead_letter"?`
  ])
  assert.deepEqual(await problemOf('on_error: ignore'), [`pipeline.yaml:2:53: ${forms}`])
  assert.deepEqual(await problemOf('on_error: { retry: 3 }'), [`pipeline.yaml:2:53: ${forms}`])
  assert.deepEqual(await problemOf('on_error: { to: end, x: 1 }'), [
    'pipeline.yaml:2:64: unknown option "x" of "on_error". Only "to" is known.'
  ])
  assert.deepEqual(await problemOf('on_error: { to: ned }'), [
    'pipeline.yaml:2:59: no processor or sink is named "ned". Did you mean "end"?'
  ])
  assert.deepEqual(await problemOf('on_error: { to: [end] }'), [
    'pipeline.yaml:2:59: "to" of "on_error" must be a name, not a list'
  ])
})

test('a circuit breaker has defaults, and cannot need more errors than lines', async () => {
  const plan = await planOf(
    withEnd('processors: { start: { trim: , to: end, circuit_breaker: { errors: 5, of: 10, probe_every: 1s } } }')
  )
  assert.deepEqual(plan.processors[0]?.circuitBreaker, { errors: 5, of: 10, probeMilliseconds: 1_000 })
  const byDefault = await planOf(withEnd('processors: { start: { trim: , to: end, circuit_breaker: {} } }'))
  assert.deepEqual(byDefault.processors[0]?.circuitBreaker, { errors: 50, of: 100, probeMilliseconds: 30_000 })
  const tooMany = withEnd('processors: { start: { trim: , to: end, circuit_breaker: { errors: 11, of: 10 } } }')
  assert.deepEqual(await problemsOf(tooMany), [
    'pipeline.yaml:2:68: "errors" of "circuit_breaker" must not be more than "of"'
  ])
})

test('timeout 0 is no limit, and empty keys are absent ones', async () => {
  const plan = await planOf(
    withEnd('processors: { start: { trim: , to: end, timeout: 0, retry: , concurrency: , on_error: } }')
  )

  assert.equal(plan.processors[0]?.timeoutMilliseconds, 0)
  assert.equal(plan.processors[0]?.concurrency, 8)
})

test('limits refuse what would not work [A12 D10]', async () => {
  const problemOf = (limits: string): Promise<string[]> =>
    problemsOf(`source: { stdin: {} }\nprocessors: { start: { trim: {} } }\nlimits: ${limits}`)

  assert.deepEqual(await problemOf('{ max_line_bytes: 1GiB }'), [
    'pipeline.yaml:3:27: "max_line_bytes" of "limits" must be from 1 B to 511 MiB, not "1GiB"'
  ])
  assert.deepEqual(await problemOf('{ max_hops: 0 }'), [
    'pipeline.yaml:3:21: "max_hops" of "limits" must be a whole number from 1 to 1000000, not 0'
  ])
  assert.deepEqual(await problemOf('[1]'), ['pipeline.yaml:3:9: "limits" must be a map, not a list'])
})
