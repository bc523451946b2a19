// The live stream with 100 readers that read nothing, while 2,000,000 lines run: 64 are let in, and the run neither notices
// them nor grows by more than what may be queued for them.

import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { reportOf } from './support/answers.ts'
import { makeFolder, start } from './support/cli.ts'
import { PASS_FILES } from './support/pipelines.ts'

const LINES = 2_000_000
const READERS = 100
const LET_IN = 64
const PAIRS = 5
/** What 64 readers may have queued, twice: in the stream and in Node's own buffers. */
const MORE_MEGABYTES = 64

interface Run {
  readonly linesPerSecond: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

test(`${READERS} slow readers take less than 5 % of the throughput, and memory stays bounded`, async t => {
  const folder = makeFolder(t, PASS_FILES)
  writeLines(join(folder, 'in.log'))
  await run(t, folder, 0)

  const without: Run[] = []
  const withReaders: Run[] = []
  for (let pair = 0; pair < PAIRS; pair++) {
    // Which of the two comes first changes, so that what the machine does meanwhile hits both alike.
    for (const readers of pair % 2 === 0 ? [0, READERS] : [READERS, 0]) {
      const one = await run(t, folder, readers)
      ;(readers === 0 ? without : withReaders).push(one)
    }
  }

  // Each with its neighbour in time, and the middle of these: a machine with neighbours has slow minutes.
  const ratios = withReaders.map(({ linesPerSecond }, pair) => linesPerSecond / without[pair].linesPerSecond)
  const ratio = ratios.toSorted((one, other) => one - other)[(PAIRS - 1) / 2]
  const peak = (runs: readonly Run[]): number => Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes))
  for (const [what, runs] of Object.entries({ without, 'with readers': withReaders })) {
    t.diagnostic(
      `${what}: ${runs.map(one => `${Math.round(one.linesPerSecond)}/s ${one.cpuSeconds.toFixed(2)} s CPU ${one.peakMegabytes.toFixed(0)} MB`).join(', ')}`
    )
  }
  assert.ok(ratio > 0.95, `with readers it has ${ratios.join(', ')} of the throughput without`)
  assert.ok(peak(withReaders) < peak(without) + MORE_MEGABYTES, `${peak(withReaders)} against ${peak(without)} MB`)
})

async function run(t: TestContext, folder: string, readers: number): Promise<Run> {
  const args = ['run', 'pipeline.yaml', '--trace', '--port', '0', '--quiet', '--json', '--exit', '--fresh']
  const cli = start(t, args, { cwd: folder })
  const url = new URL((await cli.says(/^(http:\S+)$/m))[1])
  const sockets = Array.from({ length: readers }, () => connect(Number(url.port), '127.0.0.1'))
  const statuses = await Promise.all(sockets.map(listen))
  const letIn = statuses.filter(status => status === 200).length
  let [peakMegabytes, cpuSeconds] = [0, 0]
  while (cli.process.exitCode === null) {
    ;[peakMegabytes, cpuSeconds] = usageOf(cli.pid) ?? [peakMegabytes, cpuSeconds]
    await sleep(50)
  }
  for (const socket of sockets) socket.destroy()
  const report = reportOf(await cli.end())
  assert.equal(report.ledger.delivered, LINES)
  assert.equal(letIn, Math.min(readers, LET_IN), 'so many are let in')
  assert.equal(statuses.filter(status => status === 503).length, readers - letIn)
  return { linesPerSecond: LINES / report.uptime_seconds, cpuSeconds, peakMegabytes }
}

/** Asks for the stream, and reads nothing behind the first bytes of the answer. */
function listen(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('data', (bytes: Buffer) => {
      socket.pause()
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(Number(bytes.toString('latin1').split(' ')[1]))
    })
    socket.write('GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
  })
}

/** Peak of the memory and CPU time so far; undefined when the process is gone. */
function usageOf(pid: number): [megabytes: number, cpuSeconds: number] | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)
    // Times are in hundredths of a second, on any Linux that Node runs on.
    return peak === null ? undefined : [Number(peak[1]) / 1024, (Number(fields[11]) + Number(fields[12])) / 100]
  } catch {
    return undefined
  }
}

function writeLines(file: string): void {
  const descriptor = openSync(file, 'w')
  const levels = ['INFO', 'WARN', 'DEBUG', 'ERROR']
  for (let from = 0; from < LINES; from += 10_000) {
    const lines = Array.from(
      { length: 10_000 },
      (_, index) =>
        `2026-11-24T09:41:07Z ${levels[index % 4]} worker-${index % 17} request ${from + index} took 12 ms\n`
    )
    writeSync(descriptor, lines.join(''))
  }
  closeSync(descriptor)
}
