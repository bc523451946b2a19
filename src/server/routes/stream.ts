// GET /api/v1/stream?topics=stats,errors

import type { FastifyInstance } from 'fastify'

import { STREAM_TOPICS, StreamQuerySchema, StreamSchema, type StreamTopic } from '../../contract/stream.ts'
import { describedTexts, sendProblem } from '../answer.ts'
import { beginEventStream, EVENT_STREAM_TYPE } from '../event-stream.ts'
import type { LiveHub } from '../live/hub.ts'

const RETRY_SECONDS = 5

export function streamRoute(app: FastifyInstance, hub: LiveHub): void {
  const schema = {
    summary: 'What is new, as server-sent events',
    description:
      'Events: `stats` once a second, `errors` and `journeys` when there are some, `health` when it changes, and `gap` ' +
      'for who reads too slowly or was away. A comment every 15 s shows that the connection lives.',
    tags: ['run'],
    querystring: StreamQuerySchema,
    response: describedTexts({ 'text/event-stream': StreamSchema })
  }
  app.get<{ Querystring: { topics?: unknown } }>('/api/v1/stream', { schema }, (request, reply) => {
    const topics = topicsOf(request.query.topics)
    if (topics === undefined) {
      const message = `The topics are ${STREAM_TOPICS.join(', ')}, separated by commas.`
      return sendProblem(reply, 400, { error: 'bad_topics', message })
    }
    // Nothing more than the head is wanted.
    if (request.method === 'HEAD') return reply.type(EVENT_STREAM_TYPE).send('')
    if (hub.isFull) {
      return sendProblem(reply.header('retry-after', String(RETRY_SECONDS)), 503, {
        error: 'too_many_streams',
        message: 'As many clients listen as may at once. Close another one, or ask /stats now and then.'
      })
    }
    const lastEventId = request.headers['last-event-id']
    hub.add(beginEventStream(reply), topics, typeof lastEventId === 'string' ? lastEventId : undefined)
    return reply
  })
}

function topicsOf(asked: unknown): ReadonlySet<StreamTopic> | undefined {
  if (asked === undefined || asked === '') return new Set(STREAM_TOPICS)
  if (typeof asked !== 'string') return undefined
  const names = asked.split(',').map(name => name.trim())
  const topics = STREAM_TOPICS.filter(topic => names.includes(topic))
  return names.every(name => (STREAM_TOPICS as readonly string[]).includes(name)) ? new Set(topics) : undefined
}
