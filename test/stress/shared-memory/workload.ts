// The lines of the stress tests. Everything about line n follows from n, so that whoever finds anything of it anywhere
// in shared memory can tell whether it is right.

import {
  type InFlightEntry,
  type KeptEntry,
  OUTCOME,
  type RegionLimits,
  type RegionShape,
  TAG
} from '../../../src/shared-memory/index.ts'

/** A chunk, a batch, and what one snapshot covers more than the one before. */
export const BATCH_LINES = 64
export const CHUNK_BYTES = 32_768

export const SHAPE: RegionShape = {
  processorCount: 3,
  sinkCount: 1,
  edgeCount: 3,
  trace: true,
  chunkSlots: 32,
  chunkSlotBytes: CHUNK_BYTES
}

/** The smallest rings, so that pages change hands as often as can be. */
export const LIMITS: Partial<RegionLimits> = {
  paths: 1_024,
  journeyPages: 4,
  journeyTextBytes: 32_768,
  journeyRecords: 1_024,
  errorPages: 3,
  errorPageBytes: 32_768,
  keptPages: 3,
  keptPageBytes: 65_536
}

const PERIOD = 1_024
/** Longer than what a journey keeps whole. */
const LONG_LINE = 1_000
const FILL = 'the quick brown fox jumps over the lazy dog, again and again and again and again. '.repeat(250)
const MAX_NUMBER = 9_999_999_999

function fillLength(line: number): number {
  const place = line % PERIOD
  return place === LONG_LINE ? 20_000 : (place * 37) % 80
}

/** Without line end. */
export function lineText(line: number): string {
  const fill = FILL.slice(0, fillLength(line))
  return `${String(line).padStart(10, '0')} ${fill} ${String(MAX_NUMBER - line).padStart(10, '0')}`
}

function lineLength(line: number): number {
  return fillLength(line) + 23
}

const offsets = new Float64Array(PERIOD + 1)
for (let line = 0; line < PERIOD; line++) offsets[line + 1] = offsets[line] + lineLength(line)

/** Of its first byte in the source. */
export function lineOffset(line: number): number {
  return Math.floor(line / PERIOD) * offsets[PERIOD] + offsets[line % PERIOD]
}

export function batchBytes(batch: number): Buffer {
  const lines: string[] = []
  for (let index = 0; index < BATCH_LINES; index++) lines.push(`${lineText(batch * BATCH_LINES + index)}\n`)
  return Buffer.from(lines.join(''), 'latin1')
}

const PATHS = 600

/** The paths are a tree: each goes on from the one with half its number. */
function parentOf(path: number): number {
  return path < 4 ? 0 : path >> 1
}

const ways: number[][] = []
for (let path = 2; path < 2 + PATHS; path++) ways[path] = [...(ways[parentOf(path)] ?? []), path]

export function nodesOf(path: number): readonly number[] {
  return ways[path] ?? []
}

export function pathOf(line: number): number {
  return 2 + (line % PATHS)
}

/** Of leaf `leaf` of the line. */
export function codeOf(line: number, leaf: number): number {
  const outcomes = Object.keys(OUTCOME).length
  return (1 + ((line + leaf) % outcomes)) | ((line % 1_000) << 8)
}

export function leafCountOf(line: number): number {
  return line % 13 === 0 ? 3 : 1
}

export function isError(line: number): boolean {
  return line % 29 === 0
}

/** So that its pages run full now and then. */
export function isKept(line: number): boolean {
  return line % 7 === 0
}

/** The values are as long as the line is, so that records are of any length. */
export function keptOf(line: number): KeptEntry {
  const text = lineText(line)
  const first = line - (line % BATCH_LINES)
  return {
    sourceNumber: 0,
    offset: lineOffset(line),
    lineNumber: line + 1,
    readAtMilliseconds: first,
    settledAtMilliseconds: first + 1,
    reasons: line % 4_096,
    weight: 1 + (line % 10),
    text: Buffer.from(text, 'latin1'),
    fullLength: text.length,
    leaves: [{ path: pathOf(line), code: codeOf(line, 0), forkDepth: 0 }],
    leafCount: 1,
    hops: [
      {
        node: line % 3,
        startedAtMilliseconds: line,
        serviceMilliseconds: line % 17,
        waitedMilliseconds: undefined,
        isEstimated: line % 2 === 0,
        before: text.slice(0, 2_000),
        attempts: [
          { attempt: 1, startedAtMilliseconds: line, milliseconds: 1, error: { name: 'E', message: `m${line}` } },
          { attempt: 2, startedAtMilliseconds: line + 1, milliseconds: undefined, error: undefined }
        ],
        emissions: [
          {
            tag: line % 5,
            undeclaredTag: undefined,
            because: `b${line}`,
            child: -1,
            isChanged: true,
            value: `v${line}`
          },
          {
            tag: TAG.undeclared,
            undeclaredTag: `t${line}`,
            because: undefined,
            child: -1,
            isChanged: false,
            value: undefined
          }
        ]
      }
    ]
  }
}

export function reasonOf(number: number): string {
  return `reason ${number} ${FILL.slice(0, number % 150)}`
}

/** So much is added to counter `counter` of the nodes for each line. */
export function perLine(counter: number): number {
  return counter * 131_071 + 1
}

export const DURATION_NANOSECONDS = 1_000

/** Lines that are said to wait while the batch that begins at this line runs. */
export function waitingOf(first: number): InFlightEntry[] {
  return Array.from({ length: 1 + (first % 61) }, (_, index) => {
    const line = first + index
    return {
      sourceNumber: 0,
      offset: lineOffset(line),
      lineNumber: line + 1,
      node: line % 3,
      attempt: line % 5,
      sinceMilliseconds: line,
      isParked: line % 2 === 0
    }
  })
}
