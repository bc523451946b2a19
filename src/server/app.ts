// A Fastify instance with our own manners: problems in our form, answers as they are made, schemas that only describe.

import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

import { NotKeptError } from '../observer/run-view.ts'
import { sendProblem } from './answer.ts'
import { knownPaths, noteDescribedRoutes } from './described-routes.ts'
import { LIMITS } from './limits.ts'

export interface AppOptions {
  /** Told of a fault of ours that a client met; the client gets no detail. */
  readonly reportFault: ((error: unknown) => void) | undefined
  /** Passes the guards for a target that cannot be decoded, which meets no hook. False when it was refused. */
  readonly admit: (request: FastifyRequest, reply: FastifyReply) => boolean
}

export function makeApp({ reportFault, admit }: AppOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: LIMITS.bodyBytes,
    frameworkErrors: (_error, request, reply) => {
      if (!admit(request, reply)) return
      sendProblem(reply, 400, { error: 'bad_target', message: 'The path cannot be decoded.' })
    },
    // Schemas describe; they neither filter answers nor refuse queries. (Without these two, a compiler would be loaded.)
    schemaController: {
      compilersFactory: {
        buildSerializer: () => () => answer => JSON.stringify(answer),
        // Its type asks for Ajv's own functions; Fastify asks for a function that says whether a value is valid.
        buildValidator: (() => () => () => true) as never
      }
    }
  })
  noteDescribedRoutes(app)
  app.setNotFoundHandler((request, reply) => answerUnknownPath(app, request, reply))
  app.setErrorHandler((error: FastifyError, _request, reply) => answerFailure(error, reply, reportFault))
  return app
}

function answerUnknownPath(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0]
  if (app.hasRoute({ method: 'GET', url: path })) {
    return sendProblem(reply.header('allow', 'GET, HEAD'), 405, {
      error: 'method_not_allowed',
      message: `${path} can only be read: use GET or HEAD.`
    })
  }
  const paths = knownPaths(app)
  return sendProblem(reply, 404, {
    error: 'not_found',
    message: `There is nothing at this path. What there is: ${paths.join(', ')}.`,
    paths
  })
}

const CLIENT_PROBLEMS: Readonly<Record<number, readonly [error: string, message: string]>> = {
  400: ['bad_request', 'The body is not what its headers say, or not valid JSON.'],
  413: ['too_large', `A body has at most ${LIMITS.bodyBytes} bytes.`],
  415: ['json_expected', 'Send content-type: application/json.']
}

function answerFailure(
  error: FastifyError | NotKeptError,
  reply: FastifyReply,
  reportFault: AppOptions['reportFault']
): FastifyReply {
  if (error instanceof NotKeptError) return sendProblem(reply, 409, { error: 'not_kept', message: error.message })
  const status = error.statusCode ?? 500
  const known = CLIENT_PROBLEMS[status]
  if (known !== undefined) return sendProblem(reply, status, { error: known[0], message: known[1] })
  reportFault?.(error)
  return sendProblem(reply, 500, {
    error: 'fault',
    message: 'Linescope failed to answer. This is a fault of its own.'
  })
}
