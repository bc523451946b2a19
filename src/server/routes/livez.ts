// GET /livez: 200 as long as the dashboard's thread answers.

import type { FastifyInstance } from 'fastify'

import { type Live, LiveSchema } from '../../contract/health.ts'
import { responsesOf, sendAnswer } from '../answer.ts'

const ALIVE: Live = { status: 'alive' }

export function livezRoute(app: FastifyInstance): void {
  const schema = { summary: 'Whether the process lives', tags: ['health'], response: responsesOf(LiveSchema) }
  app.get('/livez', { schema }, (_request, reply) => sendAnswer(reply, ALIVE))
}
