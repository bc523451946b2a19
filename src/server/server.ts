// Builds the dashboard's HTTP application: guards first, then one file for each route. It only reads the observer;
// `listen` gives it sockets.

import type { IncomingMessage } from 'node:http'

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { UserError } from '../base/user-error.ts'
import type { OpenTap } from '../contract/tap.ts'
import type { RunView } from '../observer/run-view.ts'
import { AllowedHosts, isLoopback } from './allowed-hosts.ts'
import { sendRefusal } from './answer.ts'
import { makeApp } from './app.ts'
import { type Doors, refusalOf } from './guards.ts'
import { SECURITY_HEADERS } from './headers.ts'
import { type HubLimits, LiveHub } from './live/hub.ts'
import { deadLettersRoute } from './routes/dead-letters.ts'
import { documentationRoutes } from './routes/documentation.ts'
import { errorGroupRoutes } from './routes/error-groups.ts'
import { errorsRoute } from './routes/errors.ts'
import { graphRoute } from './routes/graph.ts'
import { healthRoute } from './routes/health.ts'
import { historyRoute } from './routes/history.ts'
import { journeySearchRoute } from './routes/journey-search.ts'
import { journeyRoute } from './routes/journeys.ts'
import { type AskLetters, letterActionRoutes } from './routes/letter-actions.ts'
import { linesRoute } from './routes/lines.ts'
import { listingRoute } from './routes/listing.ts'
import { livezRoute } from './routes/livez.ts'
import { metricsRoute } from './routes/metrics.ts'
import { pageRoutes } from './routes/page.ts'
import { pathsRoute } from './routes/paths.ts'
import { processorsRoute } from './routes/processors.ts'
import { readyzRoute } from './routes/readyz.ts'
import { type AskReplays, replayRoutes } from './routes/replay.ts'
import { runsRoute } from './routes/runs.ts'
import { statsRoute } from './routes/stats.ts'
import { streamRoute } from './routes/stream.ts'
import { tapRoute } from './routes/tap.ts'
import { traceRoute } from './routes/trace.ts'
import type { AskStore } from './store-answer.ts'
import { TokenGate } from './token-gate.ts'

export interface ServerOptions {
  readonly observer: RunView
  /** As given by `--host`. */
  readonly host: string
  /** Further names under which it may be asked. */
  readonly allowHosts: readonly string[]
  /** Needed to change anything, and on hosts other than loopback to read. */
  readonly token: string | undefined
  /** Why nothing can be changed, where that is so. */
  readonly readOnly?: string
  readonly version: string
  /** Without it nothing can be replayed. */
  readonly askReplays?: AskReplays
  /** Without it nothing can be done with dead letters. */
  readonly askLetters?: AskLetters
  /** Without it no live lines are shown. */
  readonly openTap?: OpenTap
  /** Without it there is no history. */
  readonly askStore?: AskStore
  /** In place of the usual ones. */
  readonly streamLimits?: HubLimits
  /** Told of a fault of ours that a client met; the client gets no detail. */
  readonly reportFault?: (error: unknown) => void
}

/** Throws a UserError when the host is open to others and there is no token, and for a token that nobody can send. */
export function buildServer(options: ServerOptions): FastifyInstance {
  const needsTokenToRead = !isLoopback(options.host)
  if (needsTokenToRead && !options.token) {
    throw new UserError(`--host ${options.host} can be reached from other machines, and there is no token`, {
      hint: 'Set LINESCOPE_TOKEN or give --token-file, or leave out --host.'
    })
  }
  if (options.token && !/^[\x21-\x7e]+$/.test(options.token)) {
    throw new UserError('the token has characters that no request can carry', {
      hint: 'Use letters, digits and signs of ASCII, without spaces: openssl rand -base64 32.'
    })
  }
  const doors: Doors = {
    hosts: new AllowedHosts(options.host, options.allowHosts),
    tokens: options.token ? new TokenGate(options.token) : undefined,
    needsTokenToRead,
    readOnly: options.readOnly
  }

  const { reportFault } = options
  const admit = (request: FastifyRequest, reply: FastifyReply): boolean =>
    guard(request.raw, reply, true, doors) === undefined

  const app = makeApp({ reportFault, admit })
  app.addHook('onRequest', async (request, reply) => guard(request.raw, reply, isData(request), doors))
  const hub = new LiveHub(options.observer, options.streamLimits)
  // Else who listens would hold the server up.
  app.addHook('preClose', () => hub.close())
  addAnswers(app, options, hub)
  pageRoutes(app)
  documentationRoutes(app, {
    version: options.version,
    makeApp: () => makeApp({ reportFault, admit: () => true }),
    addRoutes: documented => addAnswers(documented, options, hub)
  })
  return app
}

const NOTHING_KEPT = {
  status: 409,
  body: { error: 'nothing_kept', message: 'There are no dead letters here.' }
}
const noReplays: AskReplays = async ({ ask }) =>
  ask === 'list' ? { status: 200, body: { replays: [] } } : NOTHING_KEPT
const noLetters: AskLetters = async () => NOTHING_KEPT
const noTap: OpenTap = () => ({ status: 409, error: 'no_lane', message: 'There is no run whose lines could be shown.' })

const noStore: AskStore = async () => undefined

function addAnswers(
  app: FastifyInstance,
  { observer, askReplays = noReplays, askLetters = noLetters, openTap = noTap, askStore = noStore }: ServerOptions,
  hub: LiveHub
): void {
  statsRoute(app, observer)
  traceRoute(app, observer)
  errorsRoute(app, observer)
  errorGroupRoutes(app, observer, askStore)
  listingRoute(app)
  pathsRoute(app, observer)
  graphRoute(app, observer)
  linesRoute(app, observer)
  journeyRoute(app, observer, askStore)
  processorsRoute(app, observer)
  historyRoute(app, askStore)
  runsRoute(app, askStore)
  deadLettersRoute(app, askStore)
  journeySearchRoute(app, observer, askStore)
  replayRoutes(app, askReplays)
  letterActionRoutes(app, askLetters)
  tapRoute(app, openTap)
  metricsRoute(app, observer, hub)
  streamRoute(app, hub)
  healthRoute(app, observer)
  livezRoute(app)
  readyzRoute(app, observer)
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
