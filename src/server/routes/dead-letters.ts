// GET /api/v1/dead-letters?processor=&code=&text=&from=&to=&before=&limit=

import type { FastifyInstance } from 'fastify'

import { DeadLettersSchema } from '../../contract/dead-letters.ts'
import { clampLimit } from '../../contract/limit.ts'
import { DeadLettersQuerySchema } from '../../contract/store-queries.ts'
import { type AskStore, momentOf, sendBadQuery, sendStored, storeResponsesOf, textOf } from '../store-answer.ts'

export function deadLettersRoute(app: FastifyInstance, ask: AskStore): void {
  const schema = {
    summary: 'Dead letters, newest first',
    tags: ['dead letters'],
    querystring: DeadLettersQuerySchema,
    response: storeResponsesOf(DeadLettersSchema)
  }
  app.get<{ Querystring: Record<string, unknown> }>('/api/v1/dead-letters', { schema }, (request, reply) => {
    const { processor, code, text, limit } = request.query
    const from = momentOf(request.query['from'])
    const to = momentOf(request.query['to'])
    const before = textOf(request.query['before'])
    if (Number.isNaN(from) || Number.isNaN(to)) return sendBadQuery(reply, '`from` and `to` are moments, ISO 8601.')
    if (before !== undefined && !/^-?\d{1,15}$/.test(before)) {
      return sendBadQuery(reply, '`before` is what the last answer said.')
    }
    const query = {
      processor: textOf(processor),
      code: textOf(code),
      text: textOf(text),
      from,
      to,
      before: before === undefined ? undefined : Number(before),
      limit: clampLimit(limit)
    }
    return sendStored(reply, ask('deadLetters', query))
  })
}
