// GET /api/v1/errors?processor=&text=&sort=&limit= and /api/v1/errors/{id}

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { ErrorGroupDetailSchema, ErrorGroupsSchema, GroupQuerySchema } from '../../contract/error-groups.ts'
import { clampLimit } from '../../contract/limit.ts'
import type { Observer } from '../../observer/observer.ts'
import { responsesOf, sendAnswer, sendProblem } from '../answer.ts'

type Query = Readonly<Record<'processor' | 'text' | 'sort' | 'limit' | 'stack', unknown>>

export function errorGroupRoutes(app: FastifyInstance, observer: Observer): void {
  const schema = {
    summary: 'Errors of one kind, counted together',
    tags: ['run'],
    querystring: GroupQuerySchema,
    response: responsesOf(ErrorGroupsSchema)
  }
  app.get<{ Querystring: Query }>('/api/v1/errors', { schema }, (request, reply) => {
    const { processor, text, sort, limit } = request.query
    const question = {
      processor: lastText(processor),
      text: lastText(text),
      sort: lastText(sort) === 'last_at' ? ('last_at' as const) : ('count' as const),
      limit: clampLimit(limit)
    }
    return sendAnswer(reply, observer.errorGroups(question))
  })
  const oneSchema = {
    summary: 'One group with its samples, their lines and full stacks',
    tags: ['run'],
    params: z.object({ id: z.string() }),
    response: responsesOf(ErrorGroupDetailSchema)
  }
  app.get<{ Params: { id: string } }>('/api/v1/errors/:id', { schema: oneSchema }, (request, reply) => {
    const group = observer.errorGroup(request.params.id)
    if (group !== undefined) return sendAnswer(reply, group)
    return sendProblem(reply, 404, {
      error: 'no_such_group',
      message: 'There is no such group of errors, or it gave way to newer ones. What there is: /api/v1/errors.'
    })
  })
}

/** Of several the last counts. */
function lastText(given: unknown): string | undefined {
  const last: unknown = Array.isArray(given) ? given.at(-1) : given
  return typeof last === 'string' && last !== '' ? last : undefined
}
