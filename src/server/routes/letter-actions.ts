// /api/v1/dead-letters: discarding and exporting dead letters; and /api/v1/replay/dry-run.

import { Readable } from 'node:stream'

import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'

import {
  DiscardedSchema,
  DiscardRequestSchema,
  ExportRequestSchema,
  type LettersAnswer,
  type LettersQuestion,
  TRIED_LETTERS,
  TrialAnswerSchema
} from '../../contract/letter-actions.ts'
import { ReplayRequestSchema } from '../../contract/replay.ts'
import { describedTexts, responsesOf, sendAnswer } from '../answer.ts'
import { withBody } from '../body.ts'

export type AskLetters = (question: LettersQuestion) => Promise<LettersAnswer>

const CONTENT_TYPES = { json: 'application/x-ndjson; charset=utf-8', lines: 'application/octet-stream' } as const

export function letterActionRoutes(app: FastifyInstance, ask: AskLetters): void {
  const answer = async (reply: FastifyReply, question: LettersQuestion): Promise<FastifyReply> => {
    const { status, body } = await ask(question)
    return sendAnswer(reply.code(status), body)
  }

  app.post(
    '/api/v1/dead-letters/discard',
    {
      schema: {
        summary: 'Discards dead letters: they are shown no more',
        tags: ['dead letters'],
        body: DiscardRequestSchema,
        response: responsesOf(DiscardedSchema)
      }
    },
    (request, reply) =>
      withBody(request, reply, DiscardRequestSchema, body => answer(reply, { ask: 'discard', request: body }))
  )
  app.post(
    '/api/v1/dead-letters/export',
    {
      schema: {
        summary: 'Dead letters as JSON, one a line, or the lines as they came',
        tags: ['dead letters'],
        body: ExportRequestSchema,
        response: describedTexts({ 'application/x-ndjson': z.string(), 'application/octet-stream': z.string() })
      }
    },
    (request, reply) =>
      withBody(request, reply, ExportRequestSchema, async body => {
        const { status, body: letters } = await ask({ ask: 'export', request: body })
        if (!(Symbol.asyncIterator in letters)) {
          // Nothing matched: an export of nothing.
          if (status === 200) return reply.type(CONTENT_TYPES[body.format]).send('')
          return sendAnswer(reply.code(status), letters)
        }
        return reply.type(CONTENT_TYPES[body.format]).send(Readable.from(letters, { objectMode: false }))
      })
  )
  app.post(
    '/api/v1/replay/dry-run',
    {
      schema: {
        summary: `What would become of dead letters in a replay; ${TRIED_LETTERS.byDefault} of them unless select.limit says how many, at most ${TRIED_LETTERS.most}`,
        tags: ['replay'],
        body: ReplayRequestSchema,
        response: responsesOf(TrialAnswerSchema)
      }
    },
    (request, reply) =>
      withBody(request, reply, ReplayRequestSchema, body => answer(reply, { ask: 'try', request: body }))
  )
}
