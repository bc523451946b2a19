// A short hash over everything that changes what a pipeline does. Equal for equal pipelines in any folder; it shows
// up in dead letters and on the dashboard, so nobody may learn a secret from it.

import { createHash, scrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { promisify } from 'node:util'

import type { ComponentReference, Plan } from '../engine/plan.ts'
import type { UsedVariable } from './environment.ts'

const HASH_DIGITS = 16

export async function configHash(
  plan: Omit<Plan, 'configHash'>,
  moduleFiles: Iterable<string>,
  variables: readonly UsedVariable[]
): Promise<string> {
  const values = [...new Set(variables.map(({ value }) => value))].sort((a, b) => b.length - a.length)
  const withoutSecrets = canonicalJson(essence(plan), text =>
    values.reduce((rest, value) => rest.replaceAll(value, '\0'), text)
  )
  const hash = createHash('sha256').update(withoutSecrets)
  const files = [...moduleFiles].map(file => [relative(plan.baseFolder, file), file] as const)
  for (const [name, file] of files.sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${name}\n`).update(createHash('sha256').update(readFileSync(file)).digest())
  }
  if (variables.length > 0) hash.update(await digest(variables, withoutSecrets))
  return hash.digest('hex').slice(0, HASH_DIGITS)
}

/** Slow on purpose: a short secret must not be found by trying all of them. */
async function digest(variables: readonly UsedVariable[], salt: string): Promise<Buffer> {
  const pairs = variables.map(({ name, value }) => `${name}=${value}`).sort()
  const saltBytes = createHash('sha256').update(`linescope environment\n${salt}`).digest()
  return promisify<string, Buffer, number, Buffer>(scrypt)(JSON.stringify(pairs), saltBytes, 32)
}

function essence({ baseFolder, source, entry, processors, sinks, limits }: Omit<Plan, 'configHash'>): unknown {
  return {
    source,
    entry,
    sinks,
    limits,
    processors: processors.map(processor => ({
      ...processor,
      component: movable(processor.component, baseFolder)
    }))
  }
}

function movable(component: ComponentReference, baseFolder: string): unknown {
  return 'file' in component ? { ...component, file: relative(baseFolder, component.file) } : component
}

/** JSON with sorted keys. What JSON cannot hold (functions, patterns) counts by its text. */
export function canonicalJson(value: unknown, text: (value: string) => string = each => each): string {
  if (typeof value === 'string') return JSON.stringify(text(value))
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item, text)).join(',')}]`
  if (typeof value === 'function' || value instanceof RegExp || value instanceof Date) {
    return JSON.stringify(text(value.toString()))
  }
  if (typeof value !== 'object') return JSON.stringify(typeof value === 'bigint' ? `${value}n` : typeof value)
  if (value instanceof Map || value instanceof Set) return canonicalJson([...value], text)
  const keys = Object.keys(value).filter(key => Reflect.get(value, key) !== undefined)
  const pairs = keys.sort().map(key => `${JSON.stringify(key)}:${canonicalJson(Reflect.get(value, key), text)}`)
  return `{${pairs.join(',')}}`
}
