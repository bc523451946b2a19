// Builds the dashboard's HTTP application: guards first, then one file for each route. It only reads the observer;
// `listen` gives it sockets.

import type { IncomingMessage } from 'node:http'

import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

import { UserError } from '../base/user-error.ts'
import type { Observer } from '../observer/observer.ts'
import { AllowedHosts, isLoopback } from './allowed-hosts.ts'
import { sendAnswer, sendProblem, sendRefusal } from './answer.ts'
import { type Doors, refusalOf } from './guards.ts'
import { SECURITY_HEADERS } from './headers.ts'
import { LIMITS } from './limits.ts'
import { describeRoutes, documentationRoutes } from './routes/documentation.ts'
import { errorsRoute } from './routes/errors.ts'
import { healthRoute } from './routes/health.ts'
import { livezRoute } from './routes/livez.ts'
import { pageRoutes } from './routes/page.ts'
import { pathsRoute } from './routes/paths.ts'
import { readyzRoute } from './routes/readyz.ts'
import { statsRoute } from './routes/stats.ts'
import { traceRoute } from './routes/trace.ts'
import { TokenGate } from './token-gate.ts'

export interface ServerOptions {
  readonly observer: Observer
  /** As given by `--host`. */
  readonly host: string
  /** Further names under which it may be asked. */
  readonly allowHosts: readonly string[]
  /** Needed to change anything, and on hosts other than loopback to read. */
  readonly token: string | undefined
  readonly version: string
  /** Told of a fault of ours that a client met; the client gets no detail. */
  readonly reportFault?: (error: unknown) => void
}

const KNOWN_PATHS = [
  '/',
  '/stats',
  '/trace',
  '/errors',
  '/api/v1/paths',
  '/health',
  '/livez',
  '/readyz',
  '/docs',
  '/openapi.json'
]

/** Throws a UserError when the host is open to others and there is no token. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const needsTokenToRead = !isLoopback(options.host)
  if (needsTokenToRead && !options.token) {
    throw new UserError(`--host ${options.host} can be reached from other machines, and there is no token`, {
      hint: 'Set LINESCOPE_TOKEN or give --token-file, or leave out --host.'
    })
  }
  const doors: Doors = {
    hosts: new AllowedHosts(options.host, options.allowHosts),
    tokens: options.token ? new TokenGate(options.token) : undefined,
    needsTokenToRead
  }

  const app = fastify({
    bodyLimit: LIMITS.bodyBytes,
    // A target that cannot be decoded meets no hook, so it passes the guards here.
    frameworkErrors: (_error, request, reply) => {
      if (guard(request.raw, reply, true, doors) !== undefined) return
      sendProblem(reply, 400, { error: 'bad_target', message: 'The path cannot be decoded.' })
    }
  })
  app.addHook('onRequest', async (request, reply) => guard(request.raw, reply, isData(request), doors))
  app.setNotFoundHandler(answerUnknownPath)
  app.setErrorHandler((error: FastifyError, _request, reply) => answerFailure(error, reply, options.reportFault))
  // Schemas describe; they neither filter answers nor refuse queries.
  app.setSerializerCompiler(() => answer => JSON.stringify(answer))
  app.setValidatorCompiler(() => value => ({ value }))

  await describeRoutes(app, options.version)
  statsRoute(app, options.observer)
  traceRoute(app, options.observer)
  errorsRoute(app, options.observer)
  pathsRoute(app, options.observer)
  healthRoute(app, options.observer)
  livezRoute(app)
  readyzRoute(app, options.observer)
  pageRoutes(app)
  await documentationRoutes(app)
  return app
}

/** Sets the headers that every answer has, and sends the refusal when there is one. */
function guard(request: IncomingMessage, reply: FastifyReply, isData: boolean, doors: Doors): FastifyReply | undefined {
  reply.headers(SECURITY_HEADERS)
  const refusal = refusalOf(request, isData, doors)
  return refusal === undefined ? undefined : sendRefusal(reply, refusal)
}

/** The page and the documentation say nothing about the run, so a link from anywhere may open them. */
function isData(request: FastifyRequest): boolean {
  const path = request.routeOptions.url ?? ''
  return !(path === '/' || path.startsWith('/page/') || path === '/docs' || path.startsWith('/docs/'))
}

function answerUnknownPath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0]
  if (KNOWN_PATHS.includes(path)) {
    return sendProblem(reply.header('allow', 'GET, HEAD'), 405, {
      error: 'method_not_allowed',
      message: `${path} can only be read: use GET or HEAD.`
    })
  }
  return sendProblem(reply, 404, {
    error: 'not_found',
    message: `There is nothing at this path. What there is: ${KNOWN_PATHS.join(', ')}.`,
    paths: KNOWN_PATHS
  })
}

const CLIENT_PROBLEMS: Readonly<Record<number, readonly [error: string, message: string]>> = {
  400: ['bad_request', 'The body is not what its headers say, or not valid JSON.'],
  413: ['too_large', `A body has at most ${LIMITS.bodyBytes} bytes.`],
  415: ['json_expected', 'Send content-type: application/json.']
}

function answerFailure(
  error: FastifyError,
  reply: FastifyReply,
  reportFault: ServerOptions['reportFault']
): FastifyReply {
  const status = error.statusCode ?? 500
  const known = CLIENT_PROBLEMS[status]
  if (known !== undefined) return sendProblem(reply, status, { error: known[0], message: known[1] })
  reportFault?.(error)
  return sendAnswer(reply.code(500), {
    error: 'fault',
    message: 'Linescope failed to answer. This is a fault of its own.'
  })
}
