// GET /errors?limit=100

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { ErrorsSchema } from '../../contract/errors.ts'
import { clampLimit, LimitQuerySchema } from '../../contract/limit.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer } from '../answer.ts'

export function errorsRoute(app: FastifyInstance, observer: RunView): void {
  const schema = {
    summary: 'The newest errors, each with the line that caused it',
    tags: ['run'],
    querystring: LimitQuerySchema.extend({
      stack: z.enum(['own', 'full']).default('own').describe('full: with the frames of Linescope.')
    }),
    response: responsesOf(ErrorsSchema)
  }
  app.get<{ Querystring: { limit?: unknown; stack?: unknown } }>('/errors', { schema }, (request, reply) =>
    sendAnswer(reply, observer.errors(clampLimit(request.query.limit), request.query.stack === 'full'))
  )
}
