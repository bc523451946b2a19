import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

const RUN_SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'run.js')

// Says its process id, then each signal; `stop after N` makes it end with exit code 9 at the N-th.
const LISTENER = `
  let count = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      require('node:fs').writeSync(1, signal + '\\n')
      if (++count === Number(process.env.STOP_AFTER)) setTimeout(() => process.exit(9), 100)
    })
  }
  setInterval(() => {}, 1000)
  require('node:fs').writeSync(1, process.pid + '\\n')`

interface Wrapper {
  readonly process: ChildProcess
  readonly childId: number
  output(): string
}

async function startListener(t: TestContext, environment: NodeJS.ProcessEnv = {}): Promise<Wrapper> {
  // A group of its own, so that no terminal that runs this test is in the way.
  const wrapper = spawn(process.execPath, [RUN_SCRIPT, '-e', LISTENER], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_lifecycle_event: undefined, STOP_AFTER: '1', ...environment }
  })
  let output = ''
  wrapper.stdout.on('data', chunk => {
    output += chunk
  })
  while (!output.includes('\n')) await once(wrapper.stdout, 'data')
  const childId = Number.parseInt(output, 10)
  t.after(() => {
    wrapper.kill('SIGKILL')
    if (isAlive(childId)) process.kill(childId, 'SIGKILL')
  })
  return { process: wrapper, childId, output: () => output.slice(output.indexOf('\n') + 1) }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch {
    return false
  }
}

async function end(child: ChildProcess): Promise<[code: number | null, signal: string | null]> {
  const [code, signal] = await once(child, 'close')
  return [code, signal]
}

describe('scripts/run.js', { skip: process.platform === 'win32' ? 'Windows has no signals' : false }, () => {
  test('hands arguments over and ends with the exit code of what it runs', async () => {
    const wrapper = spawn(process.execPath, [RUN_SCRIPT, '-p', 'process.argv.slice(1).join()', 'a b', '--c'], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const chunks = await wrapper.stdout.toArray()
    assert.equal(Buffer.concat(chunks).toString(), 'a b,--c\n')

    assert.deepEqual(await end(spawn(process.execPath, [RUN_SCRIPT, '-e', 'process.exit(7)'])), [7, null])
  })

  test('dies of the signal that its child died of', async () => {
    const wrapper = spawn(process.execPath, [RUN_SCRIPT, '-e', "process.kill(process.pid, 'SIGKILL')"])

    assert.deepEqual(await end(wrapper), [null, 'SIGKILL'])
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`passes ${signal} on and waits for the child's own end`, async t => {
      const wrapper = await startListener(t)
      wrapper.process.kill(signal)

      assert.deepEqual(await end(wrapper.process), [9, null])
      assert.equal(wrapper.output(), `${signal}\n`)
    })
  }

  test('takes copies of one stop for one, and a later stop for a second', async t => {
    const wrapper = await startListener(t, { STOP_AFTER: '2' })
    wrapper.process.kill('SIGTERM')
    await sleep(50)
    wrapper.process.kill('SIGTERM')
    await sleep(700)
    wrapper.process.kill('SIGTERM')

    assert.deepEqual(await end(wrapper.process), [9, null])
    assert.equal(wrapper.output(), 'SIGTERM\nSIGTERM\n')
  })

  test('leaves no child behind when npm dies', async t => {
    // A shell stands for npm: it starts the wrapper, as npm does, and is killed.
    const npm = spawn('sh', ['-c', `"$0" "$1" -e "$2" & wait`, process.execPath, RUN_SCRIPT, LISTENER], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, npm_lifecycle_event: 'start', STOP_AFTER: '1' }
    })
    const [first] = await once(npm.stdout, 'data')
    const childId = Number.parseInt(String(first), 10)
    t.after(() => isAlive(childId) && process.kill(childId, 'SIGKILL'))
    npm.kill('SIGKILL')

    const rest = await npm.stdout.toArray()
    assert.equal(Buffer.concat(rest).toString(), 'SIGTERM\n')
  })
})
