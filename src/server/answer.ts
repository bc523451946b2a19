// How answers and refusals leave: as JSON text made by us, never by a serializer compiled from a schema, which would
// drop what the schema does not know.

import type { FastifyReply } from 'fastify'

import { jsonText } from '../contract/name-map.ts'
import type { Problem } from '../contract/problem.ts'
import type { Refusal } from './guards.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

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
