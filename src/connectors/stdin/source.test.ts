import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { collect, onlyInput, sourceSetup, systemError, temporaryFolder } from '../test-support.ts'
import { createStdinSource } from './source.ts'

// A program of its own, as stdin is the process's: writes what it reads to stderr.
const PROGRAM = `
  import { stdinSource } from ${JSON.stringify(new URL('./source.ts', import.meta.url).href)}
  const report = bytes => new Promise(resolve => process.stderr.write(bytes, resolve))
  try {
    const source = stdinSource.open({}, { baseFolder: '.', outputFiles: process.argv.slice(1) })
    const input = source.next()
    const target = Buffer.alloc(1000)
    for (;;) {
      if (process.env.CLOSE_AFTER) setTimeout(() => source.close(), Number(process.env.CLOSE_AFTER))
      const count = await input.read(target, 0, target.length)
      if (count === 0) break
      await report(target.subarray(0, count))
    }
    if (source.next() !== undefined) throw new Error('a second input')
    source.close()
    process.exit(0)
  } catch (error) {
    await report(String(error))
    process.exit(2)
  }
`

/** `stdin` is anything that `spawn` takes for it. */
function start(t: TestContext, stdin: unknown, ...args: string[]): ChildProcess {
  return startWith(t, {}, stdin, ...args)
}

function startWith(
  t: TestContext,
  environment: Record<string, string>,
  stdin: unknown,
  ...args: string[]
): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', PROGRAM, '--', ...args], {
    stdio: [stdin as 'pipe', 'ignore', 'pipe'],
    env: { ...process.env, ...environment }
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

async function outcome(child: ChildProcess): Promise<{ text: string; code: unknown }> {
  const exited = new Promise(resolve => child.on('exit', resolve))
  return { text: await text(child.stderr!), code: await exited }
}

describe('stdin source', () => {
  test('reads what a Node program sends to its end', async t => {
    const child = start(t, 'pipe')
    const lines = 'line \u00e9\n'.repeat(30_000)
    child.stdin!.end(lines)

    assert.deepEqual(await outcome(child), { text: lines, code: 0 })
  })

  test('reads a pipe that a shell made', async t => {
    const command = ['-c', '(echo one; sleep 0.1; printf two) | "$@"', 'sh', process.execPath, '--input-type=module']
    const child = spawn('sh', [...command, '--no-warnings', '-e', PROGRAM], { stdio: ['ignore', 'ignore', 'pipe'] })
    t.after(() => child.kill('SIGKILL'))

    assert.deepEqual(await outcome(child), { text: 'one\ntwo', code: 0 })
  })

  test('hands over what is there while the pipe stays open', async t => {
    const child = start(t, 'pipe')
    child.stdin!.write('one\n')
    const [chunk] = (await new Promise(resolve => child.stderr!.once('data', (...all) => resolve(all)))) as [Buffer]

    assert.equal(chunk.toString(), 'one\n')
    child.stdin!.end('two\n')
    assert.deepEqual(await outcome(child), { text: 'two\n', code: 0 })
  })

  test('closing ends a pending read, and the process can leave', async t => {
    const child = startWith(t, { CLOSE_AFTER: '50' }, 'pipe')

    assert.deepEqual(await outcome(child), { text: '', code: 0 })
    child.stdin!.destroy()
  })

  test('is empty when there is nothing [C22]', async t => {
    assert.deepEqual(await outcome(start(t, 'ignore')), { text: '', code: 0 })
  })

  test('is empty when it was closed [C22]', async t => {
    const child = spawn('sh', ['-c', 'exec "$0" "$@" <&-', process.execPath, '--input-type=module', '-e', PROGRAM], {
      stdio: ['ignore', 'ignore', 'pipe']
    })
    t.after(() => child.kill('SIGKILL'))

    assert.deepEqual(await outcome(child), { text: '', code: 0 })
  })

  test('goes on in a file where its position stands', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'header\nline\n')
    const descriptor = openSync(join(folder, 'a.log'), 'r')
    t.after(() => closeSync(descriptor))
    readSync(descriptor, Buffer.alloc(7), 0, 7, null)

    assert.deepEqual(await outcome(start(t, descriptor)), { text: 'line\n', code: 0 })
  })

  test('reads a socket', async t => {
    const server = createServer(socket => socket.end('over the net\n'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const { port } = server.address() as { port: number }
    const socket = connect(port, '127.0.0.1')
    await new Promise(resolve => socket.once('connect', resolve))
    const child = start(t, socket)
    socket.destroy()

    assert.deepEqual(await outcome(child), { text: 'over the net\n', code: 0 })
  })

  test('refuses a folder', async t => {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'logs'))
    const descriptor = openSync(join(folder, 'logs'), 'r')
    t.after(() => closeSync(descriptor))

    const { text: message, code } = await outcome(start(t, descriptor))
    assert.equal(code, 2)
    assert.match(message, /^cannot read stdin: it is a folder\. Give its files with --input "folder\/\*\.log"\.$/)
  })

  test('refuses a file that is an output as well [C17]', async t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'a.log')
    writeFileSync(path, 'line\n')
    const descriptor = openSync(path, 'r')
    t.after(() => closeSync(descriptor))

    const { text: message, code } = await outcome(start(t, descriptor, path))
    assert.equal(code, 2)
    assert.match(message, /^cannot read stdin: it is the output ".+a\.log" as well/)
    assert.equal(readFileSync(path, 'utf8'), 'line\n')
  })
})

describe('stdin source: calls that fail', () => {
  const device = nodeFileSystem.statSync('/dev/null')

  function withReads(steps: string[]): FileSystem {
    return {
      ...nodeFileSystem,
      fstatSync: () => device,
      isTerminal: () => false,
      async read(_descriptor, target, offset) {
        const step = steps.shift() ?? ''
        if (step === 'EAGAIN' || step === 'EIO' || step === 'EBADF') throw systemError(step)
        return Buffer.from(step).copy(target, offset)
      }
    }
  }

  async function input(fileSystem: FileSystem) {
    return onlyInput(createStdinSource(fileSystem).open({}, sourceSetup('.')))
  }

  test('waits when a device has nothing yet', async () => {
    const { text: read, error } = await collect(await input(withReads(['a', 'EAGAIN', 'EAGAIN', 'b'])))

    assert.equal(error, undefined)
    assert.equal(read, 'ab')
  })

  test('closing ends that wait', async () => {
    const endless = await input(withReads(Array(1e6).fill('EAGAIN')))
    const pending = endless.read(Buffer.alloc(4), 0, 4)
    await new Promise(resolve => setImmediate(resolve))

    endless.close()

    assert.equal(await pending, 0)
  })

  test('a descriptor that is closed under us is the end [C22]', async () => {
    const { text: read, error } = await collect(await input(withReads(['a', 'EBADF'])))

    assert.equal(error, undefined)
    assert.equal(read, 'a')
  })

  test('an error is one of the source, and reading may go on', async () => {
    const flaky = await input(withReads(['a', 'EIO', 'b']))
    const { text: before, error } = await collect(flaky)

    assert.equal(before, 'a')
    assert.equal(String(error), 'SourceError: cannot read on in stdin: i/o error (EIO)')
    assert.equal((await collect(flaky)).text, 'b')
  })
})
