// What `linescope try` does, and how it shows a line's way.

import { createReadStream } from 'node:fs'

import { builtins } from '../builtins.ts'
import { loadPlan } from '../config/load-plan.ts'
import type { TriedLine, TriedWay } from '../threads/hop-recorder.ts'
import { createReveal } from '../threads/reveal.ts'
import { tryLines } from '../threads/try-lines.ts'
import { EXIT } from './exit-codes.ts'
import { print, printError, safe } from './output.ts'

/** Returns the exit code. Throws a UserError for a pipeline that cannot be run. */
export async function tryPipeline(pipeline: string, lines: readonly string[]): Promise<number> {
  const { plan, secrets } = await loadPlan({
    file: pipeline,
    registry: builtins,
    currentFolder: process.cwd(),
    inputFromCaller: true
  })
  for (const warning of plan.warnings) printError(safe(`warning: ${warning}`))
  const reveal = createReveal(secrets, plan.redaction && { ...plan.redaction, showsPayloads: true })
  const fromStdin = lines.length === 0 || (lines.length === 1 && lines[0] === '-')
  const input = fromStdin ? createReadStream('', { fd: 0 }) : lines
  try {
    await tryLines(plan, builtins, input, line => print(reveal(describe(line))))
  } catch (failure) {
    printError(safe(`linescope: ${reveal((failure as Error).message)}`))
    return EXIT.failed
  }
  return EXIT.done
}

const MARKS = { delivered: '✓', dropped: '○', dead: '✗', unmatched: '◇', joined: '⊃' } as const

function describe(line: TriedLine): string {
  const width = Math.max(...line.ways.flatMap(way => way.hops.map(hop => hop.name.length)), 0)
  const lines = [`line ${line.lineNumber}: ${safe(line.text)}`]
  for (const way of line.ways) lines.push(...describeWay(way, width))
  return lines.join('\n')
}

/** A fork repeats none of the hops that it shares with the way above it. */
function describeWay(way: TriedWay, width: number): string[] {
  const lines: string[] = []
  for (const [index, hop] of way.hops.entries()) {
    if (index < way.sharedHops) continue
    const branch = index === way.sharedHops && index > 0 ? '└ ' : '  '
    lines.push(
      `  ${'  '.repeat(Math.max(0, way.sharedHops > 0 ? way.sharedHops - 1 : 0))}${branch}${safe(hop.name).padEnd(width)}  ${shown(hop.value)}`
    )
  }
  const tries = way.failedAttempts.length
  const attempts = tries > 0 ? ` (${tries} failed ${tries === 1 ? 'try' : 'tries'})` : ''
  const reason = way.reason === undefined ? '' : `: ${safe(way.reason)}`
  lines.push(`    ${MARKS[way.outcome]} ${way.outcome}${reason}${attempts}`)
  return lines
}

function shown(value: TriedWay['hops'][number]['value']): string {
  return safe(typeof value === 'string' ? value : JSON.stringify(value))
}
