// GET /api/v1/lines?file=F&line=N or ?id=0:1427

import type { FastifyInstance } from 'fastify'

import { FoundLineSchema, LineQuerySchema } from '../../contract/line.ts'
import type { RunView } from '../../observer/run-view.ts'
import { responsesOf, sendAnswer, sendProblem } from '../answer.ts'

const ID = /^(\d{1,9}):(\d{1,15})$/
const NUMBER = /^[1-9]\d{0,14}$/

export function linesRoute(app: FastifyInstance, observer: RunView): void {
  const schema = {
    summary: 'Where a line is or went, by its id or by its file and number',
    tags: ['run'],
    querystring: LineQuerySchema,
    response: responsesOf(FoundLineSchema)
  }
  app.get<{ Querystring: Readonly<Record<string, unknown>> }>('/api/v1/lines', { schema }, (request, reply) => {
    const [file, line, id] = ['file', 'line', 'id'].map(name => lastText(request.query[name]))
    const place = id === undefined ? undefined : ID.exec(id)
    if (id !== undefined && place === null) {
      const message = `${JSON.stringify(id)} is no id of a line. An id is a source number and a byte offset: 0:1427.`
      return sendProblem(reply, 400, { error: 'bad_id', message })
    }
    if (place) return sendAnswer(reply, observer.lineAt(Number(place[1]), Number(place[2])))
    if (file === undefined || line === undefined || !NUMBER.test(line)) {
      const message = 'Give ?file=access.log&line=1427, the line as a number from 1, or ?id=0:1427.'
      return sendProblem(reply, 400, { error: 'bad_query', message })
    }
    return sendAnswer(reply, observer.lineOf(file, Number(line)))
  })
}

/** Of several the last counts. */
function lastText(given: unknown): string | undefined {
  const last: unknown = Array.isArray(given) ? given.at(-1) : given
  return typeof last === 'string' ? last : undefined
}
