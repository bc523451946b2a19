// GET /api/v1/errors?processor=&text=&sort=&limit=&run= and /api/v1/errors/{id}

import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'

import {
  ErrorGroupDetailSchema,
  type ErrorGroups,
  ErrorGroupsSchema,
  type GroupQuery,
  RunGroupQuerySchema
} from '../../contract/error-groups.ts'
import { clampLimit } from '../../contract/limit.ts'
import type { RunView } from '../../observer/run-view.ts'
import type { StoredGroups } from '../../store/messages.ts'
import { responsesOf, sendAnswer, sendProblem } from '../answer.ts'
import { type AskStore, sendBadQuery, sendStored, storeResponsesOf, textOf } from '../store-answer.ts'

type Query = Readonly<Record<'processor' | 'text' | 'sort' | 'limit' | 'run', unknown>>

export function errorGroupRoutes(app: FastifyInstance, observer: RunView, ask: AskStore): void {
  const schema = {
    summary: 'Errors of one kind, counted together',
    tags: ['run'],
    querystring: RunGroupQuerySchema,
    response: storeResponsesOf(ErrorGroupsSchema)
  }
  app.get<{ Querystring: Query }>('/api/v1/errors', { schema }, async (request, reply) => {
    const { processor, text, sort, limit } = request.query
    const run = textOf(request.query.run)
    const question = {
      processor: textOf(processor),
      text: textOf(text),
      sort: textOf(sort) === 'last_at' ? ('last_at' as const) : ('count' as const),
      limit: clampLimit(limit)
    }
    if (run !== undefined) return await sendOfRun(reply, run, question, ask)
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

const RUN = /^[1-9]\d{0,14}$/

/** `run` is a number, or `last`. */
async function sendOfRun(reply: FastifyReply, run: string, question: GroupQuery, ask: AskStore): Promise<FastifyReply> {
  if (run !== 'last' && !RUN.test(run)) return sendBadQuery(reply, '`run` is a number as in /api/v1/runs, or `last`.')
  const stored = await ask('errorGroups', { ...question, run: run === 'last' ? undefined : Number(run) })
  if (stored !== undefined && stored.run === undefined) {
    const which = run === 'last' ? 'a run' : `run ${run}`
    return sendProblem(reply, 404, {
      error: 'no_such_run',
      message: `Nothing is kept of ${which}. The runs that are known: /api/v1/runs.`
    })
  }
  return sendStored(reply, Promise.resolve(stored && answerOf(stored)))
}

function answerOf({ run, groups, found, known }: StoredGroups): ErrorGroups {
  return {
    run: run ?? null,
    groups: [...groups],
    found,
    known,
    forgotten: null,
    forgotten_errors: null,
    total_errors: null,
    processors: null
  }
}
