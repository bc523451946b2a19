// GET /api/v1/history?from=&to=&step=&node=

import type { FastifyInstance } from 'fastify'

import { HistorySchema } from '../../contract/history.ts'
import { HistoryQuerySchema } from '../../contract/store-queries.ts'
import { type AskStore, momentOf, sendBadQuery, sendStored, storeResponsesOf, textOf } from '../store-answer.ts'

type Step = 1 | 10 | 60

/** How far back each step reaches. */
const REACH: readonly (readonly [step: Step, milliseconds: number])[] = [
  [1, 600_000],
  [10, 7_200_000],
  [60, 86_400_000]
]

export function historyRoute(app: FastifyInstance, ask: AskStore): void {
  const schema = {
    summary: 'How fast it was: each second of 10 minutes, each 10 s of 2 hours, each minute of a day',
    tags: ['history'],
    querystring: HistoryQuerySchema,
    response: storeResponsesOf(HistorySchema)
  }
  app.get<{ Querystring: Record<string, unknown> }>('/api/v1/history', { schema }, (request, reply) => {
    const { from: givenFrom, to: givenTo, step: givenStep, node } = request.query
    const now = Date.now()
    const to = momentOf(givenTo) ?? now + 1_000
    const from = momentOf(givenFrom)
    const step = stepOf(textOf(givenStep), from === undefined ? 0 : now - from)
    if (Number.isNaN(to) || Number.isNaN(from)) return sendBadQuery(reply, '`from` and `to` are moments, ISO 8601.')
    if (step === undefined) return sendBadQuery(reply, '`step` is 1, 10 or 60.')
    return sendStored(reply, ask('history', { from: from ?? 0, to, step, node: textOf(node) }))
  })
}

function stepOf(given: string | undefined, ageMilliseconds: number): Step | undefined {
  if (given !== undefined) return REACH.find(([step]) => String(step) === given)?.[0]
  return REACH.find(([, reach]) => ageMilliseconds <= reach)?.[0] ?? 60
}
