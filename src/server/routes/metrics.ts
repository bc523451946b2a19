// GET /metrics: for Prometheus, in its text format or as OpenMetrics.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { writeMetrics } from '../../observer/metrics/write.ts'
import type { RunView } from '../../observer/run-view.ts'
import { describedTexts } from '../answer.ts'
import type { LiveHub } from '../live/hub.ts'
import { METRICS_TYPES, metricsFormat } from '../metrics-format.ts'

const TextSchema = z.string()

export function metricsRoute(app: FastifyInstance, observer: RunView, hub: LiveHub): void {
  const schema = {
    summary: 'Counts and times for Prometheus',
    description: 'Text format 0.0.4, or OpenMetrics 1.0 with exemplars when the Accept header asks for it.',
    tags: ['run'],
    response: describedTexts({ 'text/plain': TextSchema, 'application/openmetrics-text': TextSchema })
  }
  app.get('/metrics', { schema }, (request, reply) => {
    const format = metricsFormat(request.headers.accept)
    const families = [...observer.metrics(format === 'openmetrics'), ...hub.metrics()]
    const text = writeMetrics(families, format)
    return reply.type(METRICS_TYPES[format]).send(text)
  })
}
