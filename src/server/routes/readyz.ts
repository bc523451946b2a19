// GET /readyz: 503 while the run starts, is paused or stops, and when it failed; 200 while it runs and when it is done.

import type { FastifyInstance } from 'fastify'

import { type Ready, ReadySchema } from '../../contract/health.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer } from '../answer.ts'

export function readyzRoute(app: FastifyInstance, observer: RunView): void {
  const schema = {
    summary: 'Whether lines are taken',
    tags: ['health'],
    response: { ...responsesOf(ReadySchema), 503: ReadySchema }
  }
  app.get('/readyz', { schema }, (_request, reply) => {
    const state = observer.state()
    const answer: Ready = { ready: state === 'running' || state === 'finished', state }
    return sendAnswer(reply.code(answer.ready ? 200 : 503), answer)
  })
}
