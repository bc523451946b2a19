// Which sinks a plan has: those of the pipeline, with the ones replaced that the command line or the library names.

import { realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

import { didYouMean } from '../base/closest-name.ts'
import { quote, quoteList } from '../base/quote.ts'
import { readSink, type SinkDraft, type SourceDraft, sinkFromArgument } from './connectors.ts'
import type { Context } from './context.ts'
import type { MapEntry } from './tree.ts'

export interface OutputArgument {
  /** Sink to replace; without it `end`, else the only one. */
  readonly name?: string
  readonly path: string
}

export interface Outputs {
  readonly sinks: readonly SinkDraft[]
  /** The sink that was made for a pipeline without any: its ends lead there. */
  readonly addedSink: string | undefined
}

export async function readOutputs(
  entries: readonly MapEntry[],
  outputs: readonly OutputArgument[],
  isCallback: boolean,
  processorNames: ReadonlySet<string>,
  context: Context
): Promise<Outputs> {
  const names = entries.map(({ key }) => key)
  const addedSink = names.length > 0 || (outputs.length === 0 && !isCallback) ? undefined : freeName(processorNames)
  const allNames = addedSink === undefined ? names : [addedSink]
  const replaced = replacements(outputs, allNames, context)
  const callback = isCallback ? mainSink(allNames) : undefined
  if (isCallback && callback === undefined) {
    context.problems.add(undefined, 'it cannot be told which sink `output` stands for', `Name one of them "end".`)
  }
  const sinks: SinkDraft[] = []
  for (const name of allNames) {
    const path = replaced.get(name)
    const entry = entries.find(({ key }) => key === name)
    if (name === callback)
      sinks.push({ name, at: entry, plan: { name, type: 'callback', options: {} }, file: undefined })
    else if (path !== undefined) sinks.push(await sinkFromArgument(name, path, context))
    else if (entry !== undefined) sinks.push(await readSink(entry, context))
  }
  return { sinks, addedSink }
}

function replacements(
  outputs: readonly OutputArgument[],
  names: readonly string[],
  { problems }: Context
): ReadonlyMap<string, string> {
  const replaced = new Map<string, string>()
  for (const { name: wanted, path } of outputs) {
    const name = wanted ?? mainSink(names)
    if (name === undefined) {
      const hint = `Write --output NAME=PATH; the sinks are ${quoteList(names)}.`
      problems.add(undefined, '--output does not say which sink it replaces', hint)
    } else if (!names.includes(name)) {
      const hint = didYouMean(name, names) ?? `The pipeline has ${quoteList(names)}.`
      problems.add(undefined, `--output: no sink is named ${quote(name)}`, hint)
    } else if (replaced.has(name)) {
      problems.add(undefined, `--output is given twice for the sink ${quote(name)}`)
    } else {
      replaced.set(name, path)
    }
  }
  return replaced
}

function mainSink(names: readonly string[]): string | undefined {
  if (names.includes('end')) return 'end'
  return names.length === 1 ? names[0] : undefined
}

/** `end`, unless a processor has that name already. */
function freeName(processorNames: ReadonlySet<string>): string {
  let name = 'end'
  for (let number = 1; processorNames.has(name); number += 1) name = number === 1 ? 'output' : `output-${number}`
  return name
}

/** Two sinks with one file would cut each other's lines; a source that reads what a sink writes never ends. */
export function checkFiles(source: SourceDraft | undefined, sinks: readonly SinkDraft[], context: Context): void {
  const { problems, baseFolder } = context
  const byFile = new Map<string, SinkDraft>()
  for (const sink of sinks) {
    if (sink.file === undefined || isDevice(sink.file)) continue
    const file = identity(sink.file)
    const other = byFile.get(file)
    if (other === undefined) byFile.set(file, sink)
    else problems.add(sink.at, `the sinks ${quote(other.name)} and ${quote(sink.name)} write the same file`)
  }
  for (const path of sourcePaths(source)) {
    const sink = byFile.get(identity(resolve(baseFolder, path)))
    if (sink === undefined) continue
    const message = `the sink ${quote(sink.name)} writes the file that the source reads: ${quote(path)}`
    problems.add(sink.at ?? source?.at, message, 'Write to another file.')
  }
}

function sourcePaths(source: SourceDraft | undefined): string[] {
  if (source?.plan.type !== 'file') return []
  const { path, paths } = source.plan.options as { path?: unknown; paths?: unknown }
  return [path, ...(Array.isArray(paths) ? (paths as unknown[]) : [])].filter(each => typeof each === 'string')
}

/** Equal for two paths of one file, whatever links lead there, and also while it does not exist yet. */
function identity(path: string): string {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path))
    } catch {
      return path
    }
  }
}

/** `/dev/null` and terminals may be written by any number of sinks. */
function isDevice(path: string): boolean {
  try {
    return !statSync(path).isFile()
  } catch {
    return false
  }
}
