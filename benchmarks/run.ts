// `npm run bench`: the jobs, side by side with their peers, and what telemetry costs. Prints tables, keeps raw results
// and writes the costs into the README.
//
// Arguments: --quick (small input, two runs: shows that everything runs, says nothing about speed), --lines N, --runs N,
// --job NAME, --cost-only, --rounds N (of the costs).

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { installPackage, packPackage } from '../scripts/pack.ts'
import type { TelemetryMode } from '../src/engine/index.ts'
import { JOBS, type Job } from './contestants.ts'
import { measureRounds } from './cost.ts'
import { type Input, requireRoom, writeInput } from './input.ts'
import { type Cost, hashOf, measure, type Places } from './measure.ts'
import { type CostOfMode, type Costs, overheadTable, writeOverhead } from './readme.ts'
import { bootstrapTrimmedMean, median, type Spread, spreadOf } from './statistics.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    lines: { type: 'string' },
    runs: { type: 'string' },
    rounds: { type: 'string' },
    job: { type: 'string' },
    'cost-only': { type: 'boolean', default: false }
  }
})
const lines = Number(values.lines ?? (values.quick ? 100_000 : 10_000_000))
const runs = Number(values.runs ?? (values.quick ? 2 : 10))
const RAM_DISK = '/dev/shm'
/** In the first ones code is not compiled yet. */
const WARM_UP_ROUNDS = 4

interface Result {
  readonly name: string
  readonly linesPerCpuSecond: Spread
  readonly linesPerSecond: Spread
  /** Paired, run by run, against the last contestant. */
  readonly ratioToPeer: Spread
  readonly costs: readonly Cost[]
}

const folder = mkdtempSync(join(RAM_DISK, 'linescope-bench-'))
try {
  const input = writeInput(folder, lines)
  requireRoom(folder, input.bytes * 1.1)
  const report: Record<string, unknown> = machine()
  console.log(`${JSON.stringify(machine())}\n${input.lines} lines, ${input.bytes} bytes, ${runs} interleaved runs\n`)
  if (!values['cost-only']) {
    const linescope = installPackage(packPackage(folder), folder)
    for (const job of JOBS) {
      if (values.job !== undefined && job.name !== values.job) continue
      report[job.name] = { lines: input.lines, runs, contestants: runJob(job, input, linescope) }
    }
  }
  if (values.job === undefined || values['cost-only']) {
    const costs = await runCosts(input)
    report['cost'] = costs
    if (!values.quick) writeOverhead(costs)
  }
  if (!values.quick) keep(report)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function runJob(job: Job, input: Input, linescope: string): Result[] {
  const places: Places = {
    linescope,
    compiled: join(folder, 'compiled'),
    input: input.path,
    output: join(folder, 'output.log'),
    state: join(folder, 'state')
  }
  checkEqual(job, places)
  const costs = job.contestants.map((): Cost[] => [])
  for (let round = 0; round < runs; round++) {
    for (const [index, contestant] of job.contestants.entries()) {
      rmSync(places.output, { force: true })
      costs[index].push(measure(contestant, places))
    }
  }
  const peer = costs.at(-1)!
  const results = job.contestants.map(({ name }, index): Result => {
    const own = costs[index]
    return {
      name,
      linesPerCpuSecond: spreadOf(own.map(cost => input.lines / cpu(cost))),
      linesPerSecond: spreadOf(own.map(cost => input.lines / cost.wallSeconds)),
      ratioToPeer: spreadOf(own.map((cost, round) => cpu(peer[round]) / cpu(cost))),
      costs: own
    }
  })
  console.log(`job ${job.name}: ${job.summary}\n`)
  console.log(
    `| | million lines per CPU second (min – max) | × ${job.contestants.at(-1)!.name} (min – max) | million lines/s, wall |`
  )
  console.log('|---|---:|---:|---:|')
  for (const { name, linesPerCpuSecond, ratioToPeer, linesPerSecond } of results) {
    const rate = `${millions(linesPerCpuSecond.median)} (${millions(linesPerCpuSecond.min)} – ${millions(linesPerCpuSecond.max)})`
    const ratio = `${ratioToPeer.median.toFixed(2)} (${ratioToPeer.min.toFixed(2)} – ${ratioToPeer.max.toFixed(2)})`
    console.log(`| ${name} | ${rate} | ${ratio} | ${millions(linesPerSecond.median)} |`)
  }
  console.log()
  return results
}

/** All contestants must do the same job before any is timed. */
function checkEqual(job: Job, places: Places): void {
  const hashes = job.contestants.map(contestant => {
    rmSync(places.output, { force: true })
    measure(contestant, places)
    return hashOf(places.output)
  })
  for (const [index, hash] of hashes.entries()) {
    if (hash !== hashes[0]) {
      throw new Error(
        `job ${job.name}: the output of ${job.contestants[index].name} differs from the first contestant's`
      )
    }
  }
}

async function runCosts(input: Input): Promise<Costs> {
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 100))
  // Some kernels count CPU time in ticks of 4 ms: a slice takes some 600 ms.
  const sliceBytes = Math.min(input.bytes, 192 * 1024 * 1024)
  const all = await measureRounds(input.path, join(folder, 'cost.log'), rounds + WARM_UP_ROUNDS, sliceBytes)
  const measured = all.slice(WARM_UP_ROUNDS)
  const costOf = (mode: TelemetryMode): CostOfMode => {
    const ratios = measured.map(round => round[mode] / round.off - 1)
    return { ...bootstrapTrimmedMean(ratios), median: median(ratios), ratios }
  }
  const costs = { rounds, metrics: costOf('metrics'), journeys: costOf('journeys') }
  console.log(overheadTable(costs))
  return costs
}

function machine(): Record<string, unknown> {
  const mawk = spawnSync('mawk', ['-W', 'version'], { encoding: 'utf8' })
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    mawk: (mawk.stdout || mawk.stderr || 'not found').split('\n')[0]
  }
}

function keep(report: Record<string, unknown>): void {
  const results = fileURLToPath(new URL('./results/', import.meta.url))
  mkdirSync(results, { recursive: true })
  const file = join(results, `${String(report['date'])}.json`)
  // What another call of the same day measured and this one did not stays.
  const earlier = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {}
  writeFileSync(file, `${JSON.stringify({ ...earlier, ...report }, null, 2)}\n`)
  console.log(`raw results: benchmarks/results/${String(report['date'])}.json`)
}

function cpu(cost: Cost): number {
  return cost.userSeconds + cost.systemSeconds
}

function millions(value: number): string {
  return (value / 1e6).toFixed(2)
}
