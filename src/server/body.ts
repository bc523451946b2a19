// Bodies of requests, as a schema has them.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { sendProblem } from './answer.ts'

/** Answers 400 with the first mistake, or goes on with the body. */
export function withBody<Schema extends z.ZodType>(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: Schema,
  go: (body: z.output<Schema>) => Promise<FastifyReply>
): Promise<FastifyReply> | FastifyReply {
  const parsed = schema.safeParse(request.body ?? {})
  if (parsed.success) return go(parsed.data)
  const [issue] = parsed.error.issues
  const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  return sendProblem(reply, 400, { error: 'bad_body', message: `${where}${issue.message}` })
}
