// GET /api/v1/processors

import type { FastifyInstance } from 'fastify'

import { ProcessorsSchema } from '../../contract/processors.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer } from '../answer.ts'

export function processorsRoute(app: FastifyInstance, observer: RunView): void {
  const schema = {
    summary: 'Where the time goes: for each processor and sink, over six windows, and what sets the pace',
    tags: ['run'],
    response: responsesOf(ProcessorsSchema)
  }
  app.get('/api/v1/processors', { schema }, (_request, reply) => sendAnswer(reply, observer.processors()))
}
