// Dead letters that go through the pipeline again, by the command line and on real files.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Replay, ReplayPreview } from '../../src/contract/replay.ts'
import { originalText } from '../../src/state/dead-letter-log/letter.ts'
import { start, until } from './support/cli.ts'
import {
  assertOutputs,
  inputOf,
  jsonLines,
  killAndResume,
  mend,
  type ReplayFolder,
  replay,
  replayFolder,
  runBroken,
  runStaying
} from './support/replays.ts'

const LINES = 800
const INPUT = inputOf(LINES)
const POISON = (LINES / 20) * 4

/** A folder in which the broken pipeline has run. */
async function afterABrokenRun(t: TestContext, input = INPUT): Promise<ReplayFolder> {
  const found = replayFolder(t, input)
  await runBroken(found)
  return found
}

/** Of every file's name, content and time of change. */
function hashOf(folder: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name)
    const status = statSync(path)
    hash.update(`${name} ${status.mtimeMs} `)
    if (status.isFile()) hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}

test('all dead letters of a run that has ended, after the fix', async t => {
  const found = await afterABrokenRun(t)
  assert.equal(found.letters().length, POISON)

  await t.test('without --yes it says how many they are and does nothing', async () => {
    const before = hashOf(found.stateFolder())
    const { code, stdout, stderr } = await found.cli(['replay', 'pipeline.yaml', '--all'])
    assert.equal(code, 2)
    assert.match(stdout.toString(), /^160 dead letters would be replayed\.\n$/)
    assert.match(stderr, /Nothing was replayed: add --yes/)
    assert.equal(hashOf(found.stateFolder()), before)
  })

  await t.test('each goes in where it failed, with the value from before, and comes out once', async () => {
    const done = await replay(found, '--all', '--name', 'after the fix')
    const { state, total, delivered, dropped, dead, refused } = done
    assert.deepEqual(
      { state, total, delivered, dropped, dead, refused },
      { state: 'done', total: POISON, delivered: POISON / 2, dropped: POISON / 4, dead: POISON / 4, refused: [] }
    )
    assertOutputs(found, INPUT)
  })

  await t.test('those that failed again are new letters that say of what', async () => {
    const letters = found.letters()
    assert.equal(letters.length, POISON / 4)
    for (const letter of letters) {
      assert.match(letter.id, /^r1\.\d+$/)
      assert.match(String(letter.replayOf), /^0:\d+(?:\.1)?$/)
      const line = originalText(letter)
      assert.match(line, /^never \d+$/)
      assert.deepEqual([letter.source, letter.journey], ['in.log', ['work']])
      assert.equal(letter.lineNumber, Number(line.split(' ')[1]) + 1)
    }
  })

  await t.test('the record of it says of each letter who, when, with what and what came of it', async () => {
    const { stdout } = await found.cli(['replay', 'show', '1', 'pipeline.yaml', '--letters', '--json'])
    const rows = jsonLines<{ id: string; replay_of: string; outcome: string; by: string; to_config: string }>(stdout)
    assert.equal(rows.length, POISON)
    assert.deepEqual(
      rows.slice(0, 4).map(({ id, replay_of, outcome }) => [id, replay_of, outcome]),
      [
        ['r1.1', '0:0', 'delivered'],
        ['r1.2', '0:6.1', 'delivered'],
        ['r1.3', '0:13', 'dead'],
        ['r1.4', '0:21', 'dropped']
      ]
    )
    for (const { by, to_config } of rows) assert.ok(by !== '' && /^[0-9a-f]{16}$/.test(to_config))
  })

  await t.test('the same ones are not replayed again, unless it is forced', async () => {
    const refused = await found.cli(['replay', 'pipeline.yaml', '0:0', '--yes'])
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /replayed before/)
    const before = found.outputs().end.length
    assert.equal((await replay(found, '0:0', '--force')).delivered, 1)
    assert.equal(found.outputs().end.length, before + 1)
  })
})

test('a dry run shows the new way beside the old one, and changes nothing', async t => {
  const found = await afterABrokenRun(t)
  const before = hashOf(found.folder)
  const { code, stdout, stderr } = await found.cli(['replay', 'pipeline.yaml', '--all', '--dry-run', '--limit', '3'])
  assert.equal(code, 0, stderr)
  const text = stdout.toString()
  assert.match(text, /before {2}start > work: TypeError: cannot work on bad/)
  assert.match(text, /now {5}work > end: delivered/)
  assert.match(text, /now {5}work: dead: cannot work on never/)
  for (const line of text.split('\n')) assert.ok([...line].length <= 80, line)
  const json = await found.cli(['replay', 'pipeline.yaml', '--all', '--dry-run', '--json'])
  const trials = jsonLines<{ id: string; now: { path: string[]; outcome: string }[] }>(json.stdout)
  assert.equal(trials.length, POISON)
  assert.deepEqual(trials[0].now[0].path, ['work', 'end'])
  assert.equal(hashOf(found.folder), before)
  // The control: what does change something is seen by the same hash.
  await replay(found, '0:0')
  assert.notEqual(hashOf(found.folder), before)
})

test('what an output holds is never taken away by a replay', async t => {
  const found = await afterABrokenRun(t)
  writeFileSync(join(found.folder, 'other.log'), 'somebody else put this here\n')
  renameSync(join(found.folder, 'out.log'), join(found.folder, 'taken-away.log'))
  const done = await replay(found, '--all')
  assert.equal(done.state, 'done')
  const { end, other } = found.outputs()
  assert.equal(other[0], 'somebody else put this here')
  assert.equal(end.length + other.length - 1, POISON / 2)
})

test('a letter whose processor is gone is refused with the reason, and stays [J8]', async t => {
  const found = await afterABrokenRun(t, inputOf(40, ['bad']))
  const pipeline = readFileSync(join(found.folder, 'pipeline.yaml'), 'utf8')
  const renamed = pipeline
    .replace('  start: { use: ./work.ts#start }', '  start: { use: ./work.ts#start, to: { work: labour } }')
    .replace('  work:  {', '  labour: {')
  writeFileSync(join(found.folder, 'pipeline.yaml'), renamed)
  const done = await replay(found, '--all')
  assert.deepEqual([done.state, done.delivered], ['done', 0])
  assert.equal(done.refused[0]?.outcome, 'no_processor')
  assert.equal(found.letters().length, 2)
})

test('a line of which only the beginning was kept is refused, unless it is edited', async t => {
  const found = replayFolder(t, `fine 1\n${'x'.repeat(3_000_000)}\nfine 2\n`)
  await runBroken(found)
  const refused = await replay(found, '--all')
  assert.equal(refused.refused[0]?.outcome, 'cut')
  assert.equal(found.letters().length, 1)
  assert.equal((await replay(found, '--all', '--value', 'fine 7')).delivered, 1)
  assert.deepEqual(found.outputs().end, ['fine 1', 'fine 2', 'fine 7'])
})

test('a replay is cut off again and again, and each letter goes through once [J7]', async t => {
  const input = inputOf(30_000)
  const found = await afterABrokenRun(t, input)
  const kills = await killAndResume(found, t, 5, 3_000)
  assert.ok(kills >= 3, `only ${kills} were killed in the middle`)
  assertOutputs(found, input)
  const { state, delivered, dropped, dead } = found.replay(1)
  assert.deepEqual({ state, delivered, dropped, dead }, { state: 'done', delivered: 3000, dropped: 1500, dead: 1500 })
  assert.equal(found.letters().length, 1500)
  assert.equal((await found.cli(['verify', 'pipeline.yaml'])).code, 0)
})

test('in a run that is still up behind its input, by its API', async t => {
  const input = INPUT.replaceAll('fine 1', 'lost 1')
  const found = replayFolder(t, input)
  const url = await runStaying(t, found)
  const ask = asker(found, url)
  const lost = found.letters().filter(({ kind }) => kind === 'unmatched').length
  assert.ok(lost > 0)

  await t.test(
    'lines that fail again are counted as replayed, and told of with what they are a replay of',
    async () => {
      const first = await replay(found, '--processor', 'work')
      assert.deepEqual([first.state, first.dead], ['done', POISON])
      const stats = await answerOf<{ total_lines_processed: number; ledger: Record<string, number> }>(`${url}/stats`)
      const { entered, replayed, unaccounted } = stats.ledger
      assert.deepEqual([stats.total_lines_processed, entered, replayed, unaccounted], [LINES, LINES, POISON, 0])
      const { errors } = await answerOf<{ errors: Record<string, unknown>[] }>(`${url}/errors?limit=1`)
      assert.match(String(errors[0]['trace_id']), /^r1\.\d+$/)
      assert.match(String(errors[0]['replay_of']), /^0:\d+$/)
      assert.equal(errors[0]['file'], 'in.log')
    }
  )
  mend(found.folder)

  await t.test('preview, pause, resume and cancel, one at a time [J9]', async () => {
    const preview = await ask('/preview', { select: { processors: ['work'] } })
    assert.equal((preview.body as unknown as ReplayPreview).selected, POISON)
    const begun = await ask('', { select: { text: 'bad' }, lines_per_second: 20, key: 'twice' })
    assert.deepEqual([begun.status, begun.body.state, begun.body.replay], [201, 'running', 2])
    // Asked for twice by the same click, and by somebody else.
    assert.equal((await ask('', { select: { all: true }, key: 'twice' })).body.replay, 2)
    assert.equal((await ask('', { select: { all: true } })).status, 409)
    await until('some to be done', async () => (await ask('/2')).body.done > 2)
    await ask('/2/pause', {})
    const paused = await waitFor(ask, 2, 'paused')
    await sleep(300)
    assert.equal((await ask('/2')).body.done, paused.done)
    assert.equal((await ask('/2/resume', { lines_per_second: 40 })).body.state, 'running')
    await until('more to be done', async () => (await ask('/2')).body.done > paused.done)
    await ask('/2/cancel', {})
    const cancelled = await waitFor(ask, 2, 'cancelled')
    assert.ok(cancelled.done < POISON / 4)
    assert.equal((await ask('/2/resume', {})).status, 409)
    assert.equal(found.letters().length, POISON + lost - cancelled.delivered)
  })

  await t.test('an unmatched line goes in from the start, and cannot go on from where it was', async () => {
    await ask('', { select: { kind: 'unmatched' } })
    const stuck = await waitFor(ask, 3, 'done')
    assert.deepEqual(stuck.refused, [
      { outcome: 'no_tag', reason: 'still nothing is named after its tag', count: lost }
    ])
    await ask('', { select: { kind: 'unmatched' }, from: 'start' })
    assert.deepEqual((await waitFor(ask, 4, 'done')).delivered, lost)
  })

  await t.test('it stops by itself when too many lines fail again', async () => {
    writeFileSync(join(found.folder, 'broken'), '')
    assert.equal(
      (await ask('', { select: { processors: ['work'] }, stop_at_errors: 50, lines_per_second: 1e9 })).status,
      201
    )
    const stopped = await waitFor(ask, 5, 'stopped')
    assert.match(String(stopped.reason), /failed again, which is more than 50 %/)
    assert.ok(stopped.done < stopped.total, `${stopped.done}`)
    await ask('/5/cancel', {})
    mend(found.folder)
  })

  await t.test('edited values go in instead of those that were kept', async () => {
    const [first, second] = found.letters().filter(letter => originalText(letter).startsWith('never'))
    const value = { kind: 'mended', number: 1000 }
    await ask('', { select: {}, edits: [{ id: first.id, value }] })
    assert.equal((await waitFor(ask, 6, 'done')).delivered, 1)
    await ask('', { select: { ids: [second.id] }, set: [{ name: 'kind', value: 'mended' }] })
    const done = await waitFor(ask, 7, 'done')
    assert.deepEqual([done.delivered, done.is_edited], [1, true])
    const lines = [...found.outputs().end, ...found.outputs().other].filter(line => line.includes('"mended"'))
    assert.match(lines.join('\n'), /\{"kind":"mended","number":1000,"worked":true/)
    assert.match(lines.join('\n'), new RegExp(`"text":"${originalText(second)}","worked":true`))
  })

  await t.test('who has no token, or asks for nonsense, is refused', async () => {
    const headers = { 'content-type': 'application/json' }
    const none = await fetch(`${url}/api/v1/replay`, { method: 'POST', headers, body: '{}' })
    assert.equal(none.status, 401)
    assert.equal((await ask('', { select: {} })).status, 422)
    assert.equal((await ask('', { selection: 1 })).status, 400)
    assert.equal((await ask('', { select: { text: '/(/' } })).status, 422)
    assert.equal((await ask('', { select: { ids: ['0:999999'] } })).status, 422)
    assert.equal((await ask('/99')).status, 404)
    assert.equal((await ask('/99/pause', {})).status, 404)
  })
})

test('a run that follows its input is killed in the middle of a replay, and the next one goes on with it', async t => {
  const found = replayFolder(t, INPUT)
  const file = join(found.folder, 'pipeline.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('path: in.log', 'path: in.log, follow: true'))
  writeFileSync(join(found.folder, 'broken'), '')
  const first = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: found.folder })
  const url = await first.url()
  await until('all poison to be in the dead letters', () => found.letters().length === POISON)
  mend(found.folder)
  const ask = asker(found, url)
  await until('the letters to be committed', async () => {
    const { body } = await ask('/preview', { select: { all: true } })
    return (body as unknown as ReplayPreview).selected === POISON
  })
  assert.equal((await ask('', { select: { all: true }, lines_per_second: 200 })).status, 201)
  await until('some to be done', async () => (await ask('/1')).body.done > 20)
  first.process.kill('SIGKILL')
  await first.ended

  const second = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: found.folder })
  await second.says(/Replay 1 goes on, at \d+ of 160 letters/)
  const askAgain = asker(found, await second.url())
  const done = await waitFor(askAgain, 1, 'done')
  assert.deepEqual([done.done, done.delivered, done.dead], [POISON, POISON / 2, POISON / 4])
  assertOutputs(found, INPUT)
  second.process.kill('SIGTERM')
  await second.ended
})

type Ask = (path: string, body?: object) => Promise<{ status: number; body: Replay }>

function asker({ stateFolder }: ReplayFolder, url: string): Ask {
  const { token } = JSON.parse(readFileSync(join(stateFolder(), 'run.json'), 'utf8')) as { token: string }
  return async (path, body) => {
    const response = await fetch(`${url}/api/v1/replay${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return { status: response.status, body: (await response.json()) as Replay }
  }
}

async function waitFor(ask: Ask, replay: number, state: Replay['state']): Promise<Replay> {
  return await until(`replay ${replay} to be ${state}`, async () => {
    const { body } = await ask(`/${replay}`)
    return body.state === state ? body : undefined
  })
}

async function answerOf<Answer>(url: string): Promise<Answer> {
  return (await (await fetch(url)).json()) as Answer
}
