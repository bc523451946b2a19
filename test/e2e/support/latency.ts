// How long `/stats` takes at 100 questions a second, asked by a process of its own.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'

import type { Asked } from './ask-stats.ts'

const CLIENT = join(import.meta.dirname, 'ask-stats.ts')

/** Asks for ten seconds; `who` is for the line that tells the figures. */
export async function askFor10Seconds(
  t: TestContext,
  who: string,
  url: string
): Promise<Asked & { readonly p99: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLIENT, url, '10'], { maxBuffer: 2 ** 26 })
  const asked: Asked = JSON.parse(stdout)
  const sorted = asked.milliseconds.toSorted((left, right) => left - right)
  assert.equal(sorted.length, 1000)
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  const [p50, p99, max] = [at(0.5), at(0.99), at(1)].map(value => value.toFixed(2))
  t.diagnostic(`${who}, ${sorted.length} answers: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`)
  return { ...asked, p99: at(0.99) }
}
