// What the tests of several connectors need: a folder, a reader of everything, system calls that fail.

import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createGzip, constants as zlib } from 'node:zlib'

import type { SinkSetup } from '../sdk/sink.ts'
import type { ByteInput, Source, SourceSetup } from '../sdk/source.ts'

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-connectors-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function sourceSetup(baseFolder: string, outputFiles: readonly string[] = []): SourceSetup {
  return { baseFolder, outputFiles }
}

export function sinkSetup(baseFolder: string, more: Partial<SinkSetup> = {}): SinkSetup {
  return { name: 'end', baseFolder, replace: false, blockThread() {}, ...more }
}

export interface Collected {
  readonly bytes: Buffer
  readonly text: string
  /** What ended the reading, when it was an error. */
  readonly error: unknown
}

/** Reads an input to its end, or up to its error, in slices of this many bytes. */
export async function collect(input: ByteInput, sliceBytes = 64 * 1024): Promise<Collected> {
  const parts: Buffer[] = []
  const target = Buffer.alloc(sliceBytes + 2)
  let error: unknown
  try {
    for (;;) {
      const count = await input.read(target, 1, sliceBytes)
      if (count === 0) break
      parts.push(Buffer.from(target.subarray(1, count + 1)))
    }
  } catch (thrown) {
    error = thrown
  }
  const bytes = Buffer.concat(parts)
  return { bytes, text: bytes.toString('latin1'), error }
}

/** Every input of a source with its text, in order; the source is closed. */
export async function collectAll(source: Source): Promise<{ name: string; text: string }[]> {
  const inputs: { name: string; text: string }[] = []
  for (;;) {
    const input = await source.next()
    if (input === undefined) break
    const { text, error } = await collect(input)
    if (error !== undefined) throw error as Error
    inputs.push({ name: input.name, text })
  }
  source.close()
  return inputs
}

export async function onlyInput(source: Source): Promise<ByteInput> {
  const input = await source.next()
  if (input === undefined) throw new Error('the source has no input')
  return input
}

/** An error as a system call throws it. */
export function systemError(code: keyof typeof constants.errno): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made for a test`), { code, errno: -constants.errno[code], syscall: 'test' })
}

/** Lines that do not repeat, the same in every call. */
export function manyLines(count: number): string {
  let state = 1
  return Array.from({ length: count }, (_, index) => {
    state = (state * 48_271) % 2_147_483_647
    return `${index} user ${state} did something\n`
  }).join('')
}

/** gzip data of several parts, each of which starts at a byte of its own: the places are returned too. */
export async function gzipInParts(parts: readonly string[]): Promise<{ bytes: Buffer; places: number[] }> {
  const gzip = createGzip()
  const chunks: Buffer[] = []
  const places: number[] = []
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk))
  for (const part of parts) {
    gzip.write(part)
    await new Promise<void>(resolve => gzip.flush(zlib.Z_FULL_FLUSH, resolve))
    places.push(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  }
  const ended = new Promise(resolve => gzip.on('end', resolve))
  gzip.end()
  await ended
  return { bytes: Buffer.concat(chunks), places }
}
