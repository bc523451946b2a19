// Reads a followed source step by step, as the engine does, and keeps what it commits: a reader that is killed goes on
// from there. Everything that a turn promises is checked on the way.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

import type { ByteInput, InputPosition, Source, SourceSetup } from '../../sdk/source.ts'

export interface ReadFile {
  readonly input: ByteInput
  /** Bytes before what was given out: a hole, or what a run was told to pass over. */
  readonly start: number
  bytes: Buffer
  isFinished: boolean
}

type OpenSource = (setup: Pick<SourceSetup, 'resume' | 'log' | 'release'>) => Source

type Pending = { result: { value: unknown } | undefined }

export class StepReader {
  /** By source number: what was given out and not taken back. */
  files = new Map<number, ReadFile>()
  readonly messages: string[] = []
  readonly released: number[] = []
  #committed = new Map<number, InputPosition>()
  readonly #open: OpenSource
  readonly #sliceBytes: () => number
  #source: Source | undefined
  #input: ByteInput | undefined
  #pending: Pending | undefined
  readonly #target = Buffer.alloc(256 * 1024)

  constructor(open: OpenSource, sliceBytes: () => number) {
    this.#open = open
    this.#sliceBytes = sliceBytes
  }

  get isUp(): boolean {
    return this.#source !== undefined
  }

  start(isResumed = false): void {
    const resume = isResumed ? [...this.#committed.values()] : undefined
    this.#source = this.#open({
      resume,
      log: message => this.messages.push(message),
      release: sourceNumber => {
        this.released.push(sourceNumber)
        this.#committed.delete(sourceNumber)
        assert.ok(this.files.get(sourceNumber)?.isFinished, 'let go before its end')
      }
    })
  }

  /** One call to the source, or what became of it. False when nothing happens without the world. */
  async step(): Promise<boolean> {
    if (this.#source === undefined) return false
    if (this.#pending === undefined) {
      const answer = this.#input === undefined ? this.#source.next() : this.#read(this.#input)
      const pending: Pending = { result: undefined }
      this.#pending = pending
      if (answer instanceof Promise) {
        // A rejection is the test's failure: it is not caught.
        void answer.then(value => {
          pending.result = { value }
        })
      } else {
        pending.result = { value: answer }
      }
    }
    for (let turn = 0; turn < 8 && this.#pending.result === undefined; turn++) await Promise.resolve()
    const { result } = this.#pending
    if (result === undefined) return false
    this.#pending = undefined
    if (this.#input === undefined) this.#began(result.value as ByteInput)
    else this.#got(this.#input, result.value as number)
    return true
  }

  async drain(): Promise<void> {
    while (await this.step());
  }

  /** Everything up to the last whole line is durable. */
  commit(): void {
    for (const [sourceNumber, { input, bytes, start, isFinished }] of this.files) {
      const offset = isFinished ? start + bytes.length : start + bytes.lastIndexOf(0x0a) + 1
      const wasFinished = this.#committed.get(sourceNumber)?.isFinished === true
      this.#committed.set(sourceNumber, {
        sourceNumber,
        name: input.name,
        path: input.file,
        stored: input.stored,
        head: start === 0 ? this.positionMark(bytes) : undefined,
        offset,
        lineNumber: linesIn(bytes.subarray(0, offset - start)),
        isFinished
      })
      if (isFinished && !wasFinished) this.#source?.committed?.(sourceNumber)
    }
  }

  /** As a checkpoint keeps it. */
  positionMark(bytes: Buffer): InputPosition['head'] {
    const head = bytes.subarray(0, 4096)
    return { byteCount: head.length, sha256: createHash('sha256').update(head).digest('hex') }
  }

  /** What was not committed is void. */
  kill(): void {
    this.#input?.close()
    this.#source?.close()
    this.#source = this.#input = this.#pending = undefined
    for (const [number, file] of this.files) {
      if (this.released.includes(number)) continue
      const position = this.#committed.get(number)
      if (position === undefined) {
        this.files.delete(number)
      } else {
        file.bytes = file.bytes.subarray(0, position.offset - file.start)
        file.isFinished = position.isFinished
      }
    }
  }

  #read(input: ByteInput): number | Promise<number> {
    return input.read(this.#target, 3, Math.min(this.#sliceBytes(), this.#target.length - 3))
  }

  #began(input: ByteInput | undefined): void {
    assert.ok(input !== undefined, 'the source ended by itself')
    const number = input.sourceNumber!
    const { offset, lineNumber } = input.start!
    const file = this.files.get(number)
    if (file === undefined) {
      assert.equal(lineNumber, 0)
      for (const used of this.#committed.keys()) assert.ok(number > used, `source number ${number} is used again`)
      this.files.set(number, { input, start: offset, bytes: Buffer.alloc(0), isFinished: false })
    } else {
      assert.equal(file.isFinished, false, `${input.name}: a turn after the end of its file`)
      assert.equal(offset, file.start + file.bytes.length, `${input.name}: a turn begins where none ended`)
      assert.equal(lineNumber, linesIn(file.bytes))
      this.files.set(number, { ...file, input })
    }
    this.#input = input
  }

  #got(input: ByteInput, count: number): void {
    const file = this.files.get(input.sourceNumber!)!
    if (count > 0) {
      file.bytes = Buffer.concat([file.bytes, this.#target.subarray(3, 3 + count)])
      return
    }
    if (input.endsFile === true) file.isFinished = true
    else assert.ok(file.bytes.length === 0 || file.bytes.at(-1) === 0x0a, `${input.name}: a turn ends in a line`)
    input.close()
    this.#input = undefined
  }
}

function linesIn(bytes: Buffer): number {
  let count = 0
  for (const byte of bytes) if (byte === 0x0a) count++
  return count
}
