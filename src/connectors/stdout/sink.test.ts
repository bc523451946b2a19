import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { buffer, text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'

import { nodeFileSystem } from '../../base/file-system.ts'
import { UserError } from '../../base/user-error.ts'
import { sinkSetup, systemError } from '../test-support.ts'
import { createStdoutSink } from './sink.ts'

const BYTES = 1_000_000

// A program of its own, as stdout is the process's: reports on stderr.
function start(t: TestContext, prelude: string, reader?: string) {
  const program = `
    import { writeSync } from 'node:fs'
    import { stdoutSink } from ${JSON.stringify(new URL('./sink.ts', import.meta.url).href)}
    ${prelude}
    let waits = 0
    const blockThread = milliseconds => {
      waits += 1
      const until = performance.now() + milliseconds
      while (performance.now() < until);
    }
    const sink = stdoutSink.open({}, { name: 'end', baseFolder: '.', replace: true, blockThread })
    try {
      for (let sent = 0; sent < ${BYTES}; sent += 1000) sink.write(Buffer.alloc(1000, String(sent / 1000 % 10)))
      writeSync(2, JSON.stringify({ waits, length: sink.length ?? null }))
    } catch (error) {
      writeSync(2, JSON.stringify({ name: error.name, code: error.code, retryable: error.retryable }))
    }
  `
  const node = [process.execPath, '--input-type=module', '--no-warnings', '-e', program]
  // Node's own children have sockets; a shell makes a pipe.
  const [command, ...args] = reader === undefined ? node : ['sh', '-c', `"$@" | (${reader})`, 'sh', ...node]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  return child
}

describe('stdout sink', () => {
  for (const reader of [undefined, 'sleep 0.3; cat']) {
    test(`writes everything to a slow ${reader === undefined ? 'socket' : 'pipe'} that does not block`, async t => {
      // Touching the stream is what makes it non-blocking, as any library may.
      const child = start(t, 'void process.stdout.writableLength', reader)
      const report = text(child.stderr)
      await new Promise(resolve => setTimeout(resolve, 300))
      const bytes = await buffer(child.stdout)
      const { waits, length } = JSON.parse(await report)

      assert.deepEqual(
        bytes,
        Buffer.concat(Array.from({ length: BYTES / 1000 }, (_, index) => Buffer.alloc(1000, String(index % 10))))
      )
      assert.ok(waits > 0, 'it was never full: nothing was tested')
      assert.equal(length, null)
    })
  }

  test('a reader that has enough is EPIPE [C22]', async t => {
    const socket = start(t, '')
    const report = text(socket.stderr)
    socket.stdout.once('data', () => socket.stdout.destroy())
    assert.deepEqual(JSON.parse(await report), { name: 'SinkError', code: 'EPIPE', retryable: false })

    const pipe = start(t, '', 'head -c 10 >/dev/null')
    assert.deepEqual(JSON.parse(await text(pipe.stderr)), { name: 'SinkError', code: 'EPIPE', retryable: false })
  })

  test('what a socket says of a reader that left bytes unread is EPIPE as well', () => {
    const sink = createStdoutSink({
      ...nodeFileSystem,
      writeSync() {
        throw systemError('ECONNRESET')
      }
    }).open({}, sinkSetup('.'))

    assert.throws(() => sink.write(Buffer.from('line\n')), { name: 'SinkError', code: 'EPIPE', retryable: false })
  })

  test('says so when there is no stdout', () => {
    const sink = createStdoutSink({
      ...nodeFileSystem,
      fstatSync() {
        throw systemError('EBADF')
      }
    })

    assert.throws(
      () => sink.open({}, sinkSetup('.')),
      (error: unknown) =>
        error instanceof UserError && /cannot write to stdout: bad file descriptor/.test(error.message)
    )
  })
})
