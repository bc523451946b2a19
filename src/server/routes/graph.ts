// GET /api/v1/graph

import type { FastifyInstance } from 'fastify'

import { GraphSchema } from '../../contract/graph.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer } from '../answer.ts'

export function graphRoute(app: FastifyInstance, observer: RunView): void {
  const schema = {
    summary: 'The pipeline as nodes and edges, with the ledger of each',
    tags: ['run'],
    response: responsesOf(GraphSchema)
  }
  app.get('/api/v1/graph', { schema }, (_request, reply) => sendAnswer(reply, observer.graph()))
}
