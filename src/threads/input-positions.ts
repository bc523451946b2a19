// Where the run stands with every input, as a lane tells it by messages and by its snapshots.
//
// A message says where an input begins and ends, a snapshot up to where the newest of them is settled. Both come from
// the lane in order, but on two ways: a snapshot that tells of an input which no message has told of yet waits.

import type { InputPosition, StoredFile, TextPlace } from '../sdk/source.ts'

/** An input that a lane has opened; the same file may have several, one after the other. */
export interface OpenedInput {
  /** How many the lane has opened up to this one. */
  readonly turn: number
  readonly sourceNumber: number
  readonly name: string
  readonly file: string | undefined
  readonly stored: StoredFile | undefined
  readonly start: Pick<TextPlace, 'offset' | 'lineNumber'>
}

export interface EndedInput {
  readonly turn: number
  readonly offset: number
  readonly lineNumber: number
  readonly endsFile: boolean
}

type Turn = OpenedInput & { end: EndedInput | undefined }

export class InputPositions {
  readonly #positions = new Map<number, InputPosition>()
  /** Those of which a snapshot has not told the end. */
  #turns: Turn[] = []
  #settledTurn = 0

  /** `resume`: what a checkpoint says of each. What is no file is not gone on with: its successor is another one. */
  constructor(resume: readonly InputPosition[]) {
    for (const position of resume) {
      if (position.stored !== undefined) this.#positions.set(position.sourceNumber, position)
    }
  }

  began(input: OpenedInput): void {
    this.#turns.push({ ...input, end: undefined })
  }

  ended(end: EndedInput): void {
    const turn = this.#turns.find(({ turn }) => turn === end.turn)
    if (turn !== undefined) turn.end = end
  }

  /** The file is out of the source's hands: no checkpoint need name it any more. */
  released(sourceNumber: number): void {
    this.#positions.delete(sourceNumber)
  }

  /** An input of which bytes that are not settled cannot be read again: a pipe that was given in place of a file. */
  unrepeatable(): string | undefined {
    return this.#turns.find(({ stored, sourceNumber }) => {
      return stored === undefined && this.#positions.get(sourceNumber)?.isFinished !== true
    })?.name
  }

  /** A successor of the lane counts its inputs from 1 again. What the last one had not settled is void. */
  restart(): void {
    this.#turns = []
    this.#settledTurn = 0
  }

  /** Takes in what a snapshot says. False, and nothing changes, when messages are still on their way. */
  settle(turn: number, offset: number, lineNumber: number): boolean {
    if (turn === 0) return true
    const index = this.#turns.findIndex(one => one.turn === turn)
    if (index === -1) return turn < this.#settledTurn
    const before = this.#turns.slice(0, index)
    if (before.some(({ end }) => end === undefined)) return false
    for (const one of before) this.#set(one, one.end!, one.end!.endsFile)
    const current = this.#turns[index]
    const isAtEnd = current.end !== undefined && current.end.offset === offset
    this.#set(current, { offset, lineNumber }, isAtEnd && current.end!.endsFile)
    this.#turns.splice(0, index)
    this.#settledTurn = turn
    return true
  }

  /** By source number. */
  all(): InputPosition[] {
    return [...this.#positions.values()].sort((a, b) => a.sourceNumber - b.sourceNumber)
  }

  #set(
    { sourceNumber, name, file, stored }: OpenedInput,
    { offset, lineNumber }: Pick<EndedInput, 'offset' | 'lineNumber'>,
    isFinished: boolean
  ): void {
    const head = this.#positions.get(sourceNumber)?.head
    this.#positions.set(sourceNumber, {
      sourceNumber,
      name,
      path: file,
      stored,
      head,
      offset,
      lineNumber,
      isFinished
    })
  }
}
