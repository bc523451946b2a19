import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { UserError } from '../base/user-error.ts'
import { acquireLock } from './lock.ts'
import { writeRun } from './run-json.ts'
import { temporaryFolder } from './state-fixtures.ts'

/** A process that takes the lock, says so in run.json, and holds it until it is killed. */
async function startHolder(t: TestContext, folder: string): Promise<ChildProcess> {
  const code = `
    import { acquireLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}
    import { writeRun } from ${JSON.stringify(new URL('./run-json.ts', import.meta.url).href)}
    const folder = process.argv[1]
    const lock = acquireLock(folder)
    writeRun(folder, { pid: process.pid, startedAtMilliseconds: 0, url: 'http://localhost:8000', token: 'secret' })
    process.stdout.write('held')
    setInterval(() => lock, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', code, folder], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.after(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  return holder
}

describe('the lock of a state folder', () => {
  test('is held by one process at a time, and the other one is told by whom [C18]', async t => {
    const folder = temporaryFolder(t)
    const holder = await startHolder(t, folder)

    assert.throws(
      () => acquireLock(folder),
      (error: unknown) => {
        assert.ok(error instanceof UserError)
        const text = error.toString()
        assert.match(text, new RegExp(`process ${holder.pid}, since 1970-01-01T00:00:00.000Z`))
        assert.match(text, new RegExp(`kill ${holder.pid}`))
        assert.match(text, /http:\/\/localhost:8000/)
        assert.match(text, /--state DIR/)
        assert.doesNotMatch(text, /secret/)
        return true
      }
    )
  })

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`is free as soon as its holder died of ${signal} [C18]`, async t => {
      const folder = temporaryFolder(t)
      for (let round = 0; round < 3; round++) {
        const holder = await startHolder(t, folder)
        assert.throws(() => acquireLock(folder), UserError)
        holder.kill(signal)
        await once(holder, 'exit')

        acquireLock(folder).release()
      }
    })
  }

  test('is not taken twice in one process, and can be given back', t => {
    const folder = temporaryFolder(t)
    const lock = acquireLock(folder)
    assert.throws(() => acquireLock(folder), UserError)
    assert.throws(() => acquireLock(folder), UserError)

    lock.release()
    lock.release()
    acquireLock(folder).release()
  })

  test('stays held in this process after another process tried', async t => {
    const folder = temporaryFolder(t)
    const lock = acquireLock(folder)
    t.after(() => lock.release())
    for (let round = 0; round < 2; round++) {
      const code = `
        import { acquireLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}
        try { acquireLock(process.argv[1]) } catch { process.exit(9) }`
      const [exitCode] = await once(spawn(process.execPath, ['--input-type=module', '-e', code, folder]), 'exit')
      assert.equal(exitCode, 9)
    }
  })

  test('does not name a process that is gone', async t => {
    const folder = temporaryFolder(t)
    const gone = spawn(process.execPath, ['-e', ''])
    await once(gone, 'exit')
    writeRun(folder, { pid: gone.pid!, startedAtMilliseconds: 0, url: undefined, token: undefined })
    const lock = acquireLock(folder)
    t.after(() => lock.release())

    assert.throws(() => acquireLock(folder), { message: /has only just begun/ })
  })

  test('leaves one private file', { skip: process.platform === 'win32' ? 'Windows has no modes' : false }, t => {
    const folder = temporaryFolder(t)
    const umask = process.umask(0)
    t.after(() => process.umask(umask))
    const lock = acquireLock(folder)
    t.after(() => lock.release())

    assert.deepEqual(readdirSync(folder), ['lock.db'])
    assert.equal(statSync(join(folder, 'lock.db')).mode & 0o777, 0o600)
  })

  test('that cannot be had is said in one sentence', t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'lock.db'), 'something else that stands here and is no database')
    assert.throws(() => acquireLock(folder), {
      name: 'UserError',
      message: /cannot be locked: file is not a database\.$/
    })
    assert.throws(() => acquireLock(join(folder, 'missing')), { name: 'UserError', message: /cannot be locked: / })
  })
})
