// Drives a folder source as the engine does: reads every input to its end, commits it, moves on.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import type { z } from 'zod'

import { tryFileLock } from '../../base/file-lock.ts'
import { nodeFileSystem } from '../../base/file-system.ts'
import type { ByteInput, InputPosition, Source } from '../../sdk/source.ts'
import { collect, temporaryFolder } from '../test-support.ts'
import { systemClock } from './clock.ts'
import { createFolderSource, type FolderSystem } from './source.ts'
import { watchFolder } from './watch.ts'

export const REAL: FolderSystem = {
  fileSystem: nodeFileSystem,
  clock: systemClock,
  watch: watchFolder,
  lock: tryFileLock
}

type Options = z.input<ReturnType<typeof createFolderSource>['options']>

export interface Opened {
  readonly source: Source
  readonly messages: string[]
  readonly released: number[]
}

export interface OpenSettings {
  readonly options?: Partial<Options>
  readonly system?: Partial<FolderSystem>
  readonly resume?: readonly InputPosition[]
  readonly outputFiles?: readonly string[]
  readonly baseFolder?: string
}

/** A folder `inbox` with an empty `unprocessed` in it; returns the folder that holds it. */
export function makeInbox(t: TestContext): string {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'inbox', 'unprocessed'), { recursive: true })
  return folder
}

export const UNPROCESSED = join('inbox', 'unprocessed')

/** Files that arrive, by name. */
export function put(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, UNPROCESSED, name), content)
}

export function open(t: TestContext, folder: string, settings: OpenSettings = {}): Opened {
  const { options = {}, system = {}, resume, outputFiles = [], baseFolder = folder } = settings
  const messages: string[] = []
  const released: number[] = []
  const definition = createFolderSource({ ...REAL, ...system })
  const parsed = definition.options.parse({ path: 'inbox', settle: 0, exit_when_empty: true, rescan: 50, ...options })
  const source = definition.open(parsed, {
    baseFolder,
    outputFiles,
    resume,
    release: sourceNumber => released.push(sourceNumber),
    log: message => messages.push(message)
  })
  t.after(() => source.close())
  return { source, messages, released }
}

export interface ReadInput {
  readonly name: string
  readonly number: number
  readonly text: string
}

/** Reads and commits everything; the source is closed. */
export async function runAll({ source }: Opened): Promise<ReadInput[]> {
  const inputs: ReadInput[] = []
  for (;;) {
    const input = await source.next()
    if (input === undefined) break
    inputs.push(await readOne(input))
    source.committed!(input.sourceNumber!)
  }
  source.close()
  return inputs
}

export async function readOne(input: ByteInput): Promise<ReadInput> {
  const { bytes, error } = await collect(input)
  if (error !== undefined) throw error as Error
  return { name: input.name, number: input.sourceNumber!, text: bytes.toString() }
}

/** Names and texts in one of the folders; without our own hidden files. */
export function filesIn(folder: string, role: string): Record<string, string> {
  const path = join(folder, 'inbox', role)
  const names = readdirSync(path).filter(name => !name.startsWith('.'))
  return Object.fromEntries(names.sort().map(name => [name, readFileSync(join(path, name), 'utf8')]))
}

export async function nextInput(source: Source): Promise<ByteInput> {
  const input = await source.next()
  if (input === undefined) throw new Error('the source has ended')
  return input
}

export function positionOf(input: ByteInput, more: Partial<InputPosition> = {}): InputPosition {
  return {
    sourceNumber: input.sourceNumber!,
    name: input.name,
    path: input.file,
    stored: input.stored,
    head: undefined,
    offset: 0,
    lineNumber: 0,
    isFinished: false,
    ...more
  }
}
