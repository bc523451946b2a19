// /api/v1/replay: dead letters that go through the pipeline again. The first routes that change something: a POST has
// passed the guards (token, JSON, origin, size) before it comes here.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import {
  type ReplayAnswer,
  ReplayChangeSchema,
  ReplayPreviewSchema,
  type ReplayQuestion,
  ReplayRequestSchema,
  ReplaySchema,
  ReplaysSchema
} from '../../contract/replay.ts'
import { responsesOf, sendAnswer, sendProblem } from '../answer.ts'
import { withBody } from '../body.ts'

/** Main has the replays; no lane waits for an answer. */
export type AskReplays = (question: ReplayQuestion) => Promise<ReplayAnswer>

const NumberSchema = z.object({ replay: z.string().describe('Its number.') })
const EmptySchema = z.strictObject({})
const PATH = '/api/v1/replay'

export function replayRoutes(app: FastifyInstance, ask: AskReplays): void {
  const tags = ['replay']
  const answer = async (reply: FastifyReply, question: ReplayQuestion): Promise<FastifyReply> => {
    const { status, body } = await ask(question)
    return sendAnswer(reply.code(status), body)
  }

  app.get(
    PATH,
    { schema: { summary: 'All replays, oldest first', tags, response: responsesOf(ReplaysSchema) } },
    (_request, reply) => answer(reply, { ask: 'list' })
  )
  app.get(
    `${PATH}/:replay`,
    {
      schema: { summary: 'How far a replay is', tags, params: NumberSchema, response: responsesOf(ReplaySchema) }
    },
    (request, reply) => withNumber(request, reply, replay => answer(reply, { ask: 'show', replay }))
  )
  app.post(
    `${PATH}/preview`,
    {
      schema: {
        summary: 'How many dead letters a replay would take; nothing is changed',
        tags,
        body: ReplayRequestSchema,
        response: responsesOf(ReplayPreviewSchema)
      }
    },
    (request, reply) =>
      withBody(request, reply, ReplayRequestSchema, body => answer(reply, { ask: 'preview', request: body }))
  )
  app.post(
    PATH,
    {
      schema: {
        summary: 'Replays dead letters; one replay at a time',
        tags,
        body: ReplayRequestSchema,
        response: { 201: ReplaySchema, ...responsesOf(ReplaySchema) }
      }
    },
    (request, reply) =>
      withBody(request, reply, ReplayRequestSchema, body => answer(reply, { ask: 'start', request: body }))
  )
  for (const verb of ['pause', 'cancel'] as const) {
    const summary =
      verb === 'pause' ? 'Lets no more letters in, until it is resumed' : 'Ends a replay; the rest stays as it is'
    const schema = { summary, tags, params: NumberSchema, body: EmptySchema, response: responsesOf(ReplaySchema) }
    app.post(`${PATH}/:replay/${verb}`, { schema }, (request, reply) =>
      withNumber(request, reply, replay =>
        withBody(request, reply, EmptySchema, () => answer(reply, { ask: verb, replay }))
      )
    )
  }
  app.post(
    `${PATH}/:replay/resume`,
    {
      schema: {
        summary: 'Goes on with a replay that was paused or stopped',
        tags,
        params: NumberSchema,
        body: ReplayChangeSchema,
        response: responsesOf(ReplaySchema)
      }
    },
    (request, reply) =>
      withNumber(request, reply, replay =>
        withBody(request, reply, ReplayChangeSchema, body =>
          answer(reply, { ask: 'resume', replay, linesPerSecond: body.lines_per_second })
        )
      )
  )
}

function withNumber(
  request: FastifyRequest,
  reply: FastifyReply,
  go: (replay: number) => Promise<FastifyReply> | FastifyReply
): Promise<FastifyReply> | FastifyReply {
  const { replay } = request.params as { replay: string }
  if (/^[1-9]\d{0,8}$/.test(replay)) return go(Number(replay))
  return sendProblem(reply, 404, { error: 'not_found', message: 'A replay has a number from 1 up.' })
}
