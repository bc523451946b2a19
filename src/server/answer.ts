// How answers and refusals leave: as JSON text made by us, never by a serializer compiled from a schema, which would
// drop what the schema does not know.

import type { FastifyReply } from 'fastify'
import type { z } from 'zod'

import { jsonText } from '../contract/name-map.ts'
import { type Problem, ProblemSchema } from '../contract/problem.ts'
import type { Refusal } from './guards.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** What a route may answer, for its description. */
export function responsesOf<Schema extends z.ZodType>(answer: Schema): { 200: Schema; '4xx': typeof ProblemSchema } {
  return { 200: answer, '4xx': ProblemSchema }
}

/** What a route may answer that sends text, by its type. */
export function describedTexts(texts: Readonly<Record<string, z.ZodType>>): {
  200: { description: string; content: Record<string, { schema: z.ZodType }> }
  '4xx': typeof ProblemSchema
} {
  const content = Object.fromEntries(Object.entries(texts).map(([type, schema]) => [type, { schema }]))
  return { 200: { description: 'The text.', content }, '4xx': ProblemSchema }
}

export function sendAnswer(reply: FastifyReply, answer: object): FastifyReply {
  return reply.type(JSON_TYPE).send(jsonText(answer))
}

export function sendProblem(reply: FastifyReply, status: number, problem: Problem): FastifyReply {
  return sendAnswer(reply.code(status), problem)
}

export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  if (refusal.headers !== undefined) reply.headers(refusal.headers)
  return sendProblem(reply, refusal.status, { error: refusal.error, message: refusal.message })
}
