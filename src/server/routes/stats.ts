// GET /stats

import type { FastifyInstance } from 'fastify'

import { StatsSchema } from '../../contract/stats.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer } from '../answer.ts'

/** Answering reads shared memory and waits for no lane, so a processor that hangs leaves it as fast as ever. */
export function statsRoute(app: FastifyInstance, observer: RunView): void {
  const schema = {
    summary: 'Counts, times and the ledger of the run',
    tags: ['run'],
    response: responsesOf(StatsSchema)
  }
  app.get('/stats', { schema }, (_request, reply) => sendAnswer(reply, observer.stats()))
}
