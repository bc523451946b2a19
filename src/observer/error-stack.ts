// Stacks as the author of a processor wants them: without the frames of Linescope below that author's own.

import { fileURLToPath } from 'node:url'

import { revealStack, type StackParts, stackParts } from '../base/stack.ts'
import type { ErrorRecord } from '../shared-memory/index.ts'
import type { Reveal } from './reveal.ts'

/** Folder of Linescope's own code: `src`, or `dist` of the package; as a URL and as a path. */
const OWN_URL = new URL('../', import.meta.url).href
const OWN_PATH = fileURLToPath(OWN_URL)
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export interface ShownStack {
  readonly text: string
  /** Frames that are not in it. */
  readonly hiddenFrames: number
}

/** Null for an error without a stack. `isFull`: with Linescope's own frames. */
export function shownStack(record: ErrorRecord, reveal: Reveal, isFull: boolean): ShownStack | null {
  if (record.stack.length === 0) return null
  const { head, frames } = partsOf(record)
  const kept = isFull ? frames : withoutOwnTail(frames)
  const isCut = record.isStackCut && kept.length === frames.length
  return { text: revealStack({ head, frames: kept }, reveal, isCut), hiddenFrames: frames.length - kept.length }
}

/** The frame of the user's code that threw; undefined when there is none, as for a built-in. */
export function topUserFrame(record: ErrorRecord): string | undefined {
  return partsOf(record)
    .frames.find(frame => isFrame(frame) && !isOwn(frame))
    ?.trim()
}

/** File, line and column of a frame: its name depends on how the engine calls a processor, and it does so in several ways. */
export function locationIn(frame: string): string {
  return /[^\s(]+:\d+:\d+(?=\)?$)/.exec(frame)?.[0] ?? frame
}

function partsOf({ stack, message }: ErrorRecord): StackParts {
  return stackParts(decoder.decode(stack), decoder.decode(message))
}

function withoutOwnTail(frames: readonly string[]): readonly string[] {
  const last = frames.findLastIndex(frame => !isOwn(frame))
  return frames.slice(0, last + 1)
}

function isOwn(frame: string): boolean {
  return (
    frame.includes(OWN_URL) || frame.includes(OWN_PATH) || /[( ]node:/.test(frame) || frame.includes('(<anonymous>)')
  )
}

function isFrame(line: string): boolean {
  return /:\d+:\d+\)?$/.test(line)
}
