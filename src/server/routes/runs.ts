// GET /api/v1/runs?limit=

import type { FastifyInstance } from 'fastify'

import { clampLimit, LimitQuerySchema } from '../../contract/limit.ts'
import { RunsSchema } from '../../contract/runs.ts'
import { type AskStore, sendStored, storeResponsesOf } from '../store-answer.ts'

export function runsRoute(app: FastifyInstance, ask: AskStore): void {
  const schema = {
    summary: 'The runs of this pipeline with these sources and sinks, newest first',
    tags: ['history'],
    querystring: LimitQuerySchema,
    response: storeResponsesOf(RunsSchema)
  }
  app.get<{ Querystring: { limit?: unknown } }>('/api/v1/runs', { schema }, (request, reply) =>
    sendStored(reply, ask('runs', { limit: clampLimit(request.query.limit) }))
  )
}
