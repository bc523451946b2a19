// Answers out of the store, and what is said when there is none: nobody waits for the store longer than its deadline.

import type { FastifyReply } from 'fastify'
import type { z } from 'zod'

import { ProblemSchema } from '../contract/problem.ts'
import type { AskStore } from '../store/messages.ts'
import { responsesOf, sendAnswer, sendProblem } from './answer.ts'

export type { AskStore }

/** What a route may answer that asks the store. */
export function storeResponsesOf<Schema extends z.ZodType>(answer: Schema) {
  return { ...responsesOf(answer), 503: ProblemSchema }
}

export async function sendStored(reply: FastifyReply, asked: Promise<object | undefined>): Promise<FastifyReply> {
  const answer = await asked
  if (answer !== undefined) return sendAnswer(reply, answer)
  return sendProblem(reply.header('retry-after', '1'), 503, {
    error: 'no_history',
    message: 'What is kept could not be read in time. /health says whether something is wrong with it; else try again.'
  })
}

export function sendBadQuery(reply: FastifyReply, message: string): FastifyReply {
  return sendProblem(reply, 400, { error: 'bad_query', message })
}

/** Of several values of one name the last counts; an empty one is none. */
export function textOf(given: unknown): string | undefined {
  const text: unknown = Array.isArray(given) ? given.at(-1) : given
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** A moment as answers have it, or milliseconds since 1970. NaN for anything else. */
export function momentOf(given: unknown): number | undefined {
  const text = textOf(given)
  if (text === undefined) return undefined
  return /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text)
}
