// A client of the live stream that reads as a program does: with fetch.

import assert from 'node:assert/strict'

export interface ReadEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: unknown
}

/** Events and comments as they come; a comment has the event ''. */
export async function* readStream(response: Response): AsyncGenerator<ReadEvent> {
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  let rest = ''
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop()!
    for (const block of blocks) yield eventOf(block)
  }
}

/** Reads until `isWanted` holds of what has come, and returns that. */
export async function readUntil(
  events: AsyncGenerator<ReadEvent>,
  isWanted: (events: readonly ReadEvent[]) => boolean
): Promise<ReadEvent[]> {
  const read: ReadEvent[] = []
  while (!isWanted(read)) {
    const next = await events.next()
    if (next.done === true) throw new Error(`the stream ended after ${JSON.stringify(read)}`)
    read.push(next.value)
  }
  return read
}

function eventOf(block: string): ReadEvent {
  const fields = new Map(
    block.split('\n').map(line => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)] as const
    })
  )
  const data = fields.get('data')
  return {
    id: fields.get('id'),
    event: fields.get('event') ?? '',
    data: data === undefined ? undefined : JSON.parse(data)
  }
}
