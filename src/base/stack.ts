// The parts of an error's stack: first the error as text, then frames, one a line.

export interface StackParts {
  /** `TypeError: no code` */
  readonly head: string
  readonly frames: readonly string[]
}

/** A message may have lines that look like frames; with the message given they are part of the head. */
export function stackParts(stack: string, message: string): StackParts {
  const messageEnd = stack.indexOf(message) + message.length
  const end = stack.indexOf('\n    at ', messageEnd < message.length ? 0 : messageEnd)
  if (end === -1) return { head: stack, frames: [] }
  return { head: stack.slice(0, end), frames: stack.slice(end + 1).split('\n') }
}

/** The head may hold parts of a line; frames do not. */
export function revealStack(
  { head, frames }: StackParts,
  reveal: (content: Uint8Array | string, isCut?: boolean) => string,
  isCut = false
): string {
  if (frames.length === 0) return reveal(Buffer.from(head), isCut)
  return `${reveal(Buffer.from(head))}\n${reveal(frames.join('\n'), isCut)}`
}
