// A followed source in a folder of its own, with time and notices in the test's hands.

import { join } from 'node:path'
import type { TestContext } from 'node:test'

import type { FileSystem } from '../../base/file-system.ts'
import type { ByteInput, InputPosition, Source } from '../../sdk/source.ts'
import { temporaryFolder } from '../test-support.ts'
import type { FollowTools } from './follow-tools.ts'
import { ManualTools } from './follow-tools-fixtures.ts'
import { createFileSource } from './source.ts'

export interface Followed {
  readonly folder: string
  readonly tools: ManualTools
  readonly source: Source
  readonly messages: string[]
  readonly released: number[]
  readonly path: (name: string) => string
}

export interface FollowSettings {
  readonly options: object
  readonly fileSystem?: FileSystem
  readonly tools?: (manual: ManualTools) => FollowTools
  readonly resume?: readonly InputPosition[]
  readonly outputFiles?: (folder: string) => string[]
  /** Before the source is opened. */
  readonly before?: (path: (name: string) => string) => void
}

export function follow(t: TestContext, settings: FollowSettings, folder = temporaryFolder(t)): Followed {
  const path = (name: string) => join(folder, name)
  settings.before?.(path)
  const tools = new ManualTools(settings.fileSystem)
  const messages: string[] = []
  const released: number[] = []
  const definition = createFileSource(tools.fileSystem, settings.tools?.(tools) ?? tools)
  const source = definition.open(definition.options.parse({ follow: true, ...settings.options }), {
    baseFolder: folder,
    outputFiles: settings.outputFiles?.(folder) ?? [],
    resume: settings.resume,
    log: message => messages.push(message),
    release: sourceNumber => released.push(sourceNumber)
  })
  t.after(() => source.close())
  return { folder, tools, source, messages, released, path }
}

/** What is at hand: texts by turn. The last turn stays open when its input waits. */
export class Turns {
  readonly texts: { name: string; text: string; endsFile: boolean | undefined; input: ByteInput }[] = []
  readonly #source: Source
  #input: ByteInput | undefined
  #pending: Promise<unknown> | undefined
  #answer: { value: unknown } | undefined
  readonly #target = Buffer.alloc(256 * 1024)

  constructor(source: Source) {
    this.#source = source
  }

  /** Reads until nothing is at hand. */
  async read(): Promise<this> {
    while (await this.#step());
    return this
  }

  /** All text so far, by file name. */
  text(name: string): string {
    return this.texts
      .filter(turn => turn.name === name)
      .map(({ text }) => text)
      .join('')
  }

  async #step(): Promise<boolean> {
    if (this.#pending === undefined) {
      const input = this.#input
      const answer = input === undefined ? this.#source.next() : input.read(this.#target, 0, this.#target.length)
      this.#answer = undefined
      this.#pending = Promise.resolve(answer).then(value => {
        this.#answer = { value }
      })
    }
    for (let turn = 0; turn < 8 && this.#answer === undefined; turn++) await Promise.resolve()
    if (this.#answer === undefined) return false
    const { value } = this.#answer
    this.#pending = this.#answer = undefined
    if (this.#input === undefined) {
      if (value === undefined) return false
      this.#input = value as ByteInput
      this.texts.push({ name: this.#input.name, text: '', endsFile: undefined, input: this.#input })
      return true
    }
    const turn = this.texts.at(-1)!
    if (value === 0) {
      turn.endsFile = this.#input.endsFile
      this.#input = undefined
    } else {
      turn.text += this.#target.toString('latin1', 0, value as number)
    }
    return true
  }
}
