// GET /trace?limit=100

import type { FastifyInstance } from 'fastify'

import { clampLimit, LimitQuerySchema } from '../../contract/limit.ts'
import { TracesSchema } from '../../contract/trace.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer } from '../answer.ts'

export function traceRoute(app: FastifyInstance, observer: RunView): void {
  const schema = {
    summary: 'The newest journeys: which processors each line visited',
    tags: ['run'],
    querystring: LimitQuerySchema,
    response: responsesOf(TracesSchema)
  }
  app.get<{ Querystring: { limit?: unknown } }>('/trace', { schema }, (request, reply) =>
    sendAnswer(reply, observer.traces(clampLimit(request.query.limit)))
  )
}
