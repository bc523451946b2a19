// GET /api/v1/journeys?q=…

import type { FastifyInstance } from 'fastify'

import { PatternError } from '../../base/bounded-pattern.ts'
import { JourneyExpressionError } from '../../contract/journey-expression.ts'
import {
  type FoundJourneys,
  FoundJourneysSchema,
  JourneyQueryError,
  JourneyQuerySchema,
  journeyQuery
} from '../../contract/journey-query.ts'
import type { Observer } from '../../observer/observer.ts'
import { responsesOf, sendAnswer, sendProblem } from '../answer.ts'

type Query = Readonly<Record<string, string | readonly string[]>>

export function journeySearchRoute(app: FastifyInstance, observer: Observer): void {
  const schema = {
    summary: 'Searches journeys: those kept, and the newest ones',
    tags: ['run'],
    querystring: JourneyQuerySchema,
    response: responsesOf(FoundJourneysSchema)
  }
  app.get<{ Querystring: Query }>('/api/v1/journeys', { schema }, async (request, reply) => {
    let found: FoundJourneys
    try {
      found = await observer.findJourneys(journeyQuery(request.query))
    } catch (error) {
      const isTheirs =
        error instanceof JourneyQueryError ||
        error instanceof JourneyExpressionError ||
        error instanceof PatternError ||
        error instanceof RangeError
      if (!isTheirs) throw error
      return sendProblem(reply, 400, { error: 'bad_query', message: `${error.message}.` })
    }
    return sendAnswer(reply, found)
  })
}
