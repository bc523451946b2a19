// GET /api/v1/journeys/{id}

import type { FastifyInstance } from 'fastify'

import { JourneyParamsSchema } from '../../contract/journey.ts'
import { TraceSchema } from '../../contract/trace.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer, sendProblem } from '../answer.ts'
import type { AskStore } from '../store-answer.ts'

export function journeyRoute(app: FastifyInstance, observer: RunView, ask: AskStore): void {
  const schema = {
    summary: "One line's journey: its hops as a tree, with times and values when it was kept",
    tags: ['run'],
    params: JourneyParamsSchema,
    response: responsesOf(TraceSchema)
  }
  app.get<{ Params: { id: string } }>('/api/v1/journeys/:id', { schema }, async (request, reply) => {
    const { id } = request.params
    const trace = observer.journey(id) ?? (await ask('journey', { id }))?.journey?.trace
    if (trace !== undefined) return sendAnswer(reply, trace)
    return sendProblem(reply, 404, {
      error: 'no_journey',
      message:
        'No journey with this id is kept, among the newest lines, or in flight. An id is <source number>:<byte offset>, ' +
        'as in /trace and /errors.'
    })
  })
}
