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
import type { StoredPages } from '../../observer/find-journeys.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer, sendProblem } from '../answer.ts'
import type { AskStore } from '../store-answer.ts'

type Query = Readonly<Record<string, string | readonly string[]>>

/** Journeys that the store is asked for at once. */
const PAGE = 200

export function journeySearchRoute(app: FastifyInstance, observer: RunView, ask: AskStore): void {
  const schema = {
    summary: 'Searches journeys: those kept, of earlier runs too, and the newest ones',
    tags: ['run'],
    querystring: JourneyQuerySchema,
    response: responsesOf(FoundJourneysSchema)
  }
  app.get<{ Querystring: Query }>('/api/v1/journeys', { schema }, async (request, reply) => {
    let found: FoundJourneys
    try {
      found = await observer.findJourneys(journeyQuery(request.query), before => storedPage(ask, before))
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

async function storedPage(ask: AskStore, before: number | undefined): ReturnType<StoredPages> {
  const page = await ask('findJourneys', { before, limit: PAGE })
  return page && { traces: page.journeys.map(({ trace }) => trace), before: page.before }
}
