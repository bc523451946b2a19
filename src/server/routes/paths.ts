// GET /api/v1/paths?limit=100

import type { FastifyInstance } from 'fastify'

import { clampLimit, LimitQuerySchema } from '../../contract/limit.ts'
import { PathsSchema } from '../../contract/paths.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer } from '../answer.ts'

export function pathsRoute(app: FastifyInstance, observer: RunView): void {
  const schema = {
    summary: 'Which ways lines took, and how many took each',
    tags: ['run'],
    querystring: LimitQuerySchema,
    response: responsesOf(PathsSchema)
  }
  app.get<{ Querystring: { limit?: unknown } }>('/api/v1/paths', { schema }, (request, reply) =>
    sendAnswer(reply, observer.paths(clampLimit(request.query.limit)))
  )
}
