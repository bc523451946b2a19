// GET /health: everything about how the run is, in sentences.

import type { FastifyInstance } from 'fastify'

import { HealthSchema } from '../../contract/health.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer } from '../answer.ts'

/** Always 200: who wants a status code asks /livez or /readyz. */
export function healthRoute(app: FastifyInstance, observer: RunView): void {
  const schema = { summary: 'How the run is', tags: ['health'], response: responsesOf(HealthSchema) }
  app.get('/health', { schema }, (_request, reply) => sendAnswer(reply, observer.health()))
}
