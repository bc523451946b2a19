// What the API does with dead letters beside replaying them: it tries, exports and discards.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import type { Discarded, TrialAnswer } from '../../src/contract/letter-actions.ts'
import { originalText } from '../../src/state/dead-letter-log/letter.ts'
import { until } from './support/cli.ts'
import { inputOf, mend, type ReplayFolder, replayFolder, runStaying } from './support/replays.ts'

const LINES = 400
const POISON = LINES / 5

type Post = (path: string, body: object, signal?: AbortSignal) => Promise<Response>

function poster({ stateFolder }: ReplayFolder, url: string): Post {
  const { token } = JSON.parse(readFileSync(join(stateFolder(), 'run.json'), 'utf8')) as { token: string }
  return (path, body, signal) =>
    fetch(`${url}/api/v1/${path}`, {
      method: 'POST',
      ...(signal === undefined ? {} : { signal }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
}

async function answerOf<Answer>(response: Promise<Response>, status = 200): Promise<Answer> {
  const answered = await response
  const text = await answered.text()
  assert.equal(answered.status, status, text)
  return JSON.parse(text) as Answer
}

test('dead letters in a run that is up', async t => {
  const found = replayFolder(t, inputOf(LINES))
  const url = await runStaying(t, found)
  const post = poster(found, url)

  await t.test('are tried on the pipeline as the run has it, and nothing comes of it', async () => {
    const outputs = found.outputs()
    const before = await answerOf<TrialAnswer>(post('replay/dry-run', { select: { text: 'bad' } }))
    assert.deepEqual([before.matching, before.letters.length, before.is_limited], [20, 20, true])
    assert.deepEqual(before.letters[0]?.now[0]?.outcome, 'dead')
    assert.match(String(before.letters[0]?.now[0]?.reason), /cannot work on bad/)
    mend(found.folder)
    const after = await answerOf<TrialAnswer>(post('replay/dry-run', { select: { text: 'bad', limit: 3 } }))
    const [tried] = after.letters
    assert.deepEqual([after.letters.length, tried?.now[0]?.outcome, tried?.refused], [3, 'delivered', null])
    assert.deepEqual(tried?.before.path, ['start', 'work'])
    assert.match(JSON.stringify(tried?.now[0]?.values.at(-1)), /"worked":true/)
    assert.deepEqual(found.outputs(), outputs)
    assert.equal(found.letters().length, POISON)
  })

  await t.test('are tried apart from the run: a processor that ends its thread there stops nothing', async () => {
    writeFileSync(join(found.folder, 'ends'), '')
    const tried = await answerOf<{ message: string }>(post('replay/dry-run', { select: { text: 'bad' } }), 500)
    assert.match(tried.message, /process\.exit\(7\)/)
    assert.equal((await fetch(`${url}/livez`)).status, 200)
  })

  await t.test('are exported as JSON or as the lines that came', async () => {
    const json = await (await post('dead-letters/export', { select: { text: 'never' } })).text()
    const letters = json
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { line: string; processor: string })
    assert.deepEqual([letters.length, letters[0]?.processor], [20, 'work'])
    const lines = await post('dead-letters/export', { select: { all: true }, format: 'lines' })
    assert.equal(lines.headers.get('content-type'), 'application/octet-stream')
    assert.equal(
      await lines.text(),
      found
        .letters()
        .map(letter => `${originalText(letter)}\n`)
        .join('')
    )
    assert.equal(await (await post('dead-letters/export', { select: { text: 'is not there' } })).text(), '')
  })

  await t.test('are counted or discarded, and then none of them is left', async () => {
    const counted = await answerOf<Discarded>(
      post('dead-letters/discard', { select: { text: 'never' }, dry_run: true })
    )
    assert.deepEqual(counted, { matching: 20, discarded: 0, segments_deleted: 0, damaged: 0 })
    const missing = post('dead-letters/discard', { select: { ids: [found.letters()[0].id, '0:99999'] } })
    assert.match((await answerOf<{ message: string }>(missing, 422)).message, /no dead letter 0:99999/)
    assert.equal(found.letters().length, POISON)
    const done = await answerOf<Discarded>(post('dead-letters/discard', { select: { text: 'never' } }))
    assert.deepEqual([done.matching, done.discarded], [20, 20])
    assert.deepEqual(
      found.letters().filter(letter => originalText(letter).startsWith('never')),
      []
    )
    assert.equal((await answerOf<Discarded>(post('dead-letters/discard', { select: { text: 'never' } }))).matching, 0)
  })

  await t.test('are left alone by who has no token, or asks for nonsense', async () => {
    const body = JSON.stringify({ select: { all: true } })
    const headers = { 'content-type': 'application/json' }
    for (const path of ['dead-letters/discard', 'dead-letters/export', 'replay/dry-run']) {
      assert.equal((await fetch(`${url}/api/v1/${path}`, { method: 'POST', headers, body })).status, 401)
      await answerOf(post(path, { selection: 1 }), 400)
      await answerOf(post(path, { select: {} }), 422)
      await answerOf(post(path, { select: { text: '/(/' } }), 422)
    }
    assert.equal(found.letters().length, POISON - 20)
  })

  await t.test('whose reader goes away in the middle of an export hold up nobody', async () => {
    const aborted = new AbortController()
    const asked = post('dead-letters/export', { select: { all: true } }, aborted.signal)
    aborted.abort()
    await assert.rejects(asked)
    await until('another question to be answered', async () => {
      const response = await post('dead-letters/export', { select: { all: true } })
      return response.status === 200 && (await response.text()).length > 0
    })
  })
})
