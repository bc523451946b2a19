// GET /api/v1/tap?at=NAME: live lines at a processor or sink, as server-sent events `line`, `counts` and, last, `end`.

import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'

import { type OpenTap, TAP_LIMITS, TapQuerySchema, type TapRequest } from '../../contract/tap.ts'
import { describedTexts, sendProblem } from '../answer.ts'
import { EVENT_STREAM_TYPE, EventStream } from '../event-stream.ts'

interface Query {
  readonly at?: unknown
  readonly text?: unknown
  readonly lines?: unknown
  readonly lines_per_second?: unknown
  readonly seconds?: unknown
}

export function tapRoute(app: FastifyInstance, openTap: OpenTap): void {
  const schema = {
    summary: 'Live lines at one processor or sink: what it was given, and what came of it',
    tags: ['lines'],
    querystring: TapQuerySchema,
    description: 'Server-sent events: `line` (a TapLine), `counts` (TapCounts, each second), and `end` with a reason.',
    response: describedTexts({ 'text/event-stream': z.string() })
  }
  app.get<{ Querystring: Query }>('/api/v1/tap', { schema }, (request, reply) => {
    const wanted = requestOf(request.query)
    if (wanted === undefined) {
      return sendProblem(reply, 400, { error: 'bad_query', message: 'Name a processor or sink: ?at=NAME.' })
    }
    return answer(reply, openTap, wanted, request.method === 'HEAD')
  })
}

function answer(reply: FastifyReply, openTap: OpenTap, wanted: TapRequest, isHead: boolean): FastifyReply {
  let stream: EventStream | undefined
  const opened = openTap(wanted, {
    line: line => stream?.send('line', line) ?? false,
    counts: counts => void stream?.send('counts', counts),
    end: reason => {
      stream?.send('end', { reason })
      stream?.end()
    }
  })
  if (typeof opened !== 'function') {
    const { status, error, message } = opened
    return sendProblem(reply, status, { error, message })
  }
  if (isHead) {
    opened()
    return reply.type(EVENT_STREAM_TYPE).send()
  }
  stream = new EventStream(reply, opened)
  return reply
}

function requestOf(query: Query): TapRequest | undefined {
  if (typeof query.at !== 'string' || query.at === '') return undefined
  const { lines, linesPerSecond, seconds } = TAP_LIMITS
  return {
    at: query.at,
    text: typeof query.text === 'string' && query.text !== '' ? query.text : undefined,
    lines: Math.ceil(numberIn(query.lines, lines)),
    linesPerSecond: numberIn(query.lines_per_second, linesPerSecond),
    seconds: numberIn(query.seconds, seconds)
  }
}

/** Any text is taken: what is no number above 0 is the default, what is too large is clamped. */
function numberIn(given: unknown, { byDefault, most }: { readonly byDefault: number; readonly most: number }): number {
  const number = typeof given === 'string' ? Number(given) : Number.NaN
  return number > 0 ? Math.min(number, most) : byDefault
}
