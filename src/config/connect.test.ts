// Where lines go: tags, `to`, and pipelines that are no sound graph.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { planOf, problemsOf, withEnd } from './fixtures.ts'

describe('a tag', () => {
  test('goes to the node of its name unless "to" maps it', async () => {
    const plan = await planOf(
      withEnd(
        'processors: { start: { split: {}, to: { right: end } }, left: { trim: {}, to: right }, right: { trim: {}, to: end } }'
      )
    )

    assert.deepEqual(plan.processors[0]?.tags, [
      { tag: 'left', target: 1 },
      { tag: 'right', target: 3 }
    ])
  })

  test('can be mapped one by one, and the only one by name alone', async () => {
    const plan = await planOf(
      withEnd('processors: { start: { split: {}, to: { right: end, left: b } }, b: { tagged: {}, to: end } }')
    )

    assert.deepEqual(
      plan.processors.map(({ tags }) => tags),
      [
        [
          { tag: 'left', target: 1 },
          { tag: 'right', target: 2 }
        ],
        [{ tag: 'done', target: 2 }]
      ]
    )
  })

  test('that a route names is mapped like any other', async () => {
    const plan = await planOf(
      withEnd(`processors: { start: { route: [{ when: 'line == "a"', to: left }, { to: end }], to: { left: end } } }`)
    )

    assert.deepEqual(plan.processors[0]?.tags, [
      { tag: 'left', target: 1 },
      { tag: 'end', target: 1 }
    ])
  })

  test('named twice is one tag', async () => {
    const plan = await planOf(
      withEnd(`processors: { start: { route: [{ when: 'line == "a"', to: end }, { to: end }] } }`)
    )

    assert.deepEqual(plan.processors[0]?.tags, [{ tag: 'end', target: 1 }])
  })

  test('that nothing is named after is shown where the options name it, else at the processor', async () => {
    assert.deepEqual(
      await problemsOf(
        withEnd(`processors:
  start:
    route:
      - { when: 'line == "a"', to: generl }
      - { to: elsewhere }
  general: { split: {} }`)
      ),
      [
        'pipeline.yaml:5:36: the processor "start" emits "generl", but no processor or sink is named "generl". Did you mean "general"?',
        'pipeline.yaml:6:15: the processor "start" emits "elsewhere", but no processor or sink is named "elsewhere". Add one, or map the tag: to: { elsewhere: NAME }.',
        'pipeline.yaml:7:3: the processor "general" emits "left", but no processor or sink is named "left". Add one, or map the tag: to: { left: NAME }.',
        'pipeline.yaml:7:3: the processor "general" emits "right", but no processor or sink is named "right". Add one, or map the tag: to: { right: NAME }.'
      ]
    )
  })
})

describe('to', () => {
  const problemOf = (start: string): Promise<string[]> => problemsOf(withEnd(`processors: { start: ${start} }`))

  test('is needed by a mapper when the pipeline has sinks', async () => {
    assert.deepEqual(await problemOf('{ trim: {} }'), [
      'pipeline.yaml:2:15: the processor "start" does not say where its lines go. Add to: NAME.'
    ])
    assert.deepEqual(await problemOf('{ trim: {}, to: }'), [
      'pipeline.yaml:2:15: the processor "start" does not say where its lines go. Add to: NAME.'
    ])
  })

  test('names a processor or sink', async () => {
    assert.deepEqual(await problemOf('{ trim: {}, to: ned }'), [
      'pipeline.yaml:2:38: no processor or sink is named "ned". Did you mean "end"?'
    ])
    assert.deepEqual(await problemOf('{ trim: {}, to: __proto__ }'), [
      'pipeline.yaml:2:38: no processor or sink is named "__proto__". There are "start" and "end".'
    ])
    assert.deepEqual(await problemOf('{ trim: {}, to: [end] }'), [
      'pipeline.yaml:2:38: "to" must be a name, not a list'
    ])
    assert.deepEqual(await problemOf('{ trim: {}, to: { trim: end } }'), [
      'pipeline.yaml:2:38: the processor "start" has one way out. Write to: NAME.'
    ])
  })

  test('maps only tags that the processor emits', async () => {
    assert.deepEqual(await problemOf('{ split: {}, to: { left: end, rigth: end } }'), [
      'pipeline.yaml:2:52: the processor "start" does not emit "rigth". Did you mean "right"?'
    ])
    assert.deepEqual(await problemOf('{ split: {}, to: { left: end, right: end, middle: end } }'), [
      'pipeline.yaml:2:64: the processor "start" does not emit "middle". It emits "left" and "right".'
    ])
    assert.deepEqual(await problemOf('{ count: {}, to: { left: end } }'), [
      'pipeline.yaml:2:41: the processor "start" does not emit "left". It emits nothing.'
    ])
    assert.deepEqual(await problemOf('{ split: {}, to: { left: end, right: } }'), [
      'pipeline.yaml:2:59: "to" must be a name, not empty'
    ])
    assert.deepEqual(await problemOf('{ split: {}, to: { left: end, right: null } }'), [
      'pipeline.yaml:2:59: "to" must be a name, not empty. Put it in quotes if it is a name: "null".'
    ])
  })

  test('as one name is for processors with one tag', async () => {
    assert.deepEqual(await problemOf('{ split: {}, to: end }'), [
      'pipeline.yaml:2:39: the processor "start" emits 2 tags, "left" and "right". Map each: to: { left: NAME, … }.'
    ])
    assert.deepEqual(await problemOf('{ count: {}, to: end }'), [
      'pipeline.yaml:2:39: the processor "start" emits nothing, so it needs no "to"'
    ])
  })
})

describe('a processor that cannot be reached', () => {
  test('is an error', async () => {
    assert.deepEqual(
      await problemsOf(
        withEnd(`processors:
  start: { trim: {}, to: end }
  lost: { trim: {}, to: found }
  found: { trim: {}, to: end }
  loop: { trim: {}, to: loop }`)
      ),
      [
        'pipeline.yaml:4:3: the processor "lost" cannot be reached: nothing leads to it from "start". Connect or remove it.',
        'pipeline.yaml:5:3: the processor "found" cannot be reached: nothing leads to it from "start". Connect or remove it.',
        'pipeline.yaml:6:3: the processor "loop" cannot be reached: only itself leads to it. Connect or remove it.'
      ]
    )
  })

  test('may be reached by failing lines alone', async () => {
    const plan = await planOf(
      withEnd('processors: { start: { trim: {}, to: end, on_error: { to: mend } }, mend: { trim: {}, to: end } }')
    )

    assert.deepEqual(plan.processors[0]?.onError, { kind: 'to', target: 1 })
  })

  test('is not reported a second time when a mistyped name is why', async () => {
    assert.deepEqual(
      await problemsOf(
        withEnd(`processors:
  start: { trim: {}, to: genral }
  general: { trim: {}, to: end }
  lost: { trim: {}, to: end }`)
      ),
      [
        'pipeline.yaml:3:26: no processor or sink is named "genral". Did you mean "general"?',
        'pipeline.yaml:5:3: the processor "lost" cannot be reached: nothing leads to it from "start". Connect or remove it.'
      ]
    )
  })

  test('is not claimed while it is unknown what some processor emits', async () => {
    assert.deepEqual(await problemsOf(withEnd('processors: { start: { spilt: {} }, left: { trim: {}, to: end } }')), [
      'pipeline.yaml:2:24: there is no built-in processor "spilt". Did you mean "split"?'
    ])
  })
})

describe('a cycle', () => {
  test('that no line can leave is an error, said once [D5]', async () => {
    assert.deepEqual(
      await problemsOf(
        withEnd(`processors:
  start: { split: {}, to: { left: a, right: end } }
  a: { trim: {}, to: b }
  b: { uppercase: {}, to: c }
  c: { route: [{ when: 'line == "x"', to: a }, { to: b }] }`)
      ),
      [
        'pipeline.yaml:4:3: the processors "a", "b" and "c" lead only to one another. Every line would go round until it is a dead letter after 64 visits: connect one of them to a sink.'
      ]
    )
    assert.deepEqual(
      await problemsOf(
        'source: { stdin: {} }\nprocessors: { start: { trim: {}, to: start } }\nlimits: { max_hops: 5 }'
      ),
      [
        'pipeline.yaml:2:15: the processor "start" leads only to itself. Every line would go round until it is a dead letter after 5 visits: connect one of them to a sink.'
      ]
    )
  })

  test('that only a drop or an error can leave is a warning', async () => {
    const plan = await planOf(
      withEnd(`processors:
  start: { split: {}, to: { left: a, right: end } }
  a: { trim: {}, to: b }
  b: { filter: { when: 'line == "x"' }, to: a }`)
    )

    assert.deepEqual(plan.warnings, [
      'pipeline.yaml:4:3: the processors "a" and "b" lead only to one another: a line leaves only when one of them drops it or fails'
    ])
  })

  test('with a way out is nothing to speak of', async () => {
    const plan = await planOf(
      withEnd(`processors: { start: { trim: {}, to: a }, a: { split: {}, to: { left: start, right: end } } }`)
    )
    const throughError = await planOf(
      `source: { stdin: {} }\nprocessors: { start: { trim: {}, to: a, on_error: { to: b } }, a: { trim: {}, to: start }, b: { trim: {} } }`
    )

    assert.deepEqual(plan.warnings, [])
    assert.match(throughError.warnings.join('\n'), /lead only to one another: a line leaves only when/)
  })
})

test("what a component says about its options becomes the plan's warnings", async () => {
  const plan = await planOf(withEnd(`processors: { start: { route: [{ when: 'line == "x"', to: end }] } }`))

  assert.deepEqual(plan.warnings, ['pipeline.yaml:2:24: "route": lines that match no rule are dropped'])
})

test('a long chain and a dense graph are checked in no time', async () => {
  const chain = Array.from({ length: 2000 }, (_, index) => `  p${index}: { trim: {}, to: p${index + 1} }`)
  const plan = await planOf(withEnd(`entry: p0\nprocessors:\n${chain.join('\n')}\n  p2000: { trim: {}, to: end }`))

  assert.equal(plan.processors.length, 2001)
})
