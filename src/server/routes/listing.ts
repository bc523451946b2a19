// GET /api/v1

import type { FastifyInstance } from 'fastify'

import { ListingSchema } from '../../contract/listing.ts'
import { responsesOf, sendAnswer } from '../answer.ts'
import { describedRoutes } from '../described-routes.ts'

export function listingRoute(app: FastifyInstance): void {
  const schema = { summary: 'What there is to ask', tags: ['run'], response: responsesOf(ListingSchema) }
  app.get('/api/v1', { schema }, (_request, reply) =>
    sendAnswer(reply, { paths: describedRoutes(app), openapi: '/openapi.json', docs: '/docs' })
  )
}
