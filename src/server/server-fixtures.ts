// A dashboard with real sockets over a recorded run, and a client that sends bytes as they are.

import { connect } from 'node:net'
import type { TestContext } from 'node:test'

import type { FastifyInstance } from 'fastify'

import { observe, type RecordedRun } from '../observer/observe-recording-fixtures.ts'
import type { Limits } from './limits.ts'
import { type Listening, listen } from './listen.ts'
import { buildServer, type ServerOptions } from './server.ts'
import { recordedStore } from './stored-fixtures.ts'

export const TOKEN = 'a-token-of-256-bits-would-be-longer'

export const DATA_PATHS = [
  '/stats',
  '/trace',
  '/errors',
  '/metrics',
  '/health',
  '/livez',
  '/readyz',
  '/api/v1',
  '/api/v1/graph',
  '/api/v1/paths',
  '/api/v1/lines?id=0:0',
  '/api/v1/processors',
  '/api/v1/history',
  '/api/v1/runs',
  '/api/v1/dead-letters',
  '/api/v1/journeys',
  '/api/v1/replay',
  '/openapi.json',
  '/nothing'
]
export const ALL_PATHS = [...DATA_PATHS, '/', '/page/main.js', '/docs', '/docs/static/swagger-ui.css']

/** A route that changes something, for checks that need one without a run behind it. */
export function addAction(app: FastifyInstance): { calls: number } {
  const action = { calls: 0 }
  app.post('/test-action', () => {
    action.calls++
    return { done: true }
  })
  return action
}

export interface Dashboard extends Listening {
  readonly app: FastifyInstance
  readonly faults: unknown[]
}

export interface DashboardOptions extends Partial<Omit<ServerOptions, 'observer'>> {
  readonly run?: RecordedRun
  readonly limits?: Partial<Limits>
  /** Called before the server listens. */
  readonly prepare?: (app: FastifyInstance) => void
}

export async function buildApp(t: TestContext, options: DashboardOptions = {}): Promise<FastifyInstance> {
  const { run, prepare, limits: _, ...server } = options
  const { observer } = await observe(t, run)
  const app = buildServer({
    observer,
    host: '127.0.0.1',
    allowHosts: [],
    token: TOKEN,
    version: '1.2.3',
    askStore: recordedStore(),
    ...server
  })
  t.after(() => app.close())
  prepare?.(app)
  return app
}

/** Closed with the test. */
export async function startDashboard(t: TestContext, options: DashboardOptions = {}): Promise<Dashboard> {
  const faults: unknown[] = []
  const app = await buildApp(t, { reportFault: error => faults.push(error), ...options })
  const listening = await listen(app, { host: options.host ?? '127.0.0.1', port: 0, limits: options.limits ?? {} })
  t.after(() => listening.close())
  return { ...listening, app, faults }
}

export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Sends the text as it is and reads one answer. */
export async function sendRaw(port: number, text: string, address = '127.0.0.1'): Promise<RawAnswer> {
  const socket = connect(port, address)
  let received = Buffer.alloc(0)
  await new Promise<void>((resolve, reject) => {
    socket.on('error', error => (received.length > 0 ? resolve() : reject(error)))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      if (isWhole(received)) resolve()
    })
    socket.on('end', resolve)
    // The sending side stays open: Node gives up an answer that is still being made when the client has ended.
    socket.write(text)
  })
  socket.destroy()
  return parseAnswer(received.toString())
}

/**
 * Sends the texts as they are, each after a sign of life of the server since the one before, and returns everything
 * that comes until the server ends the connection.
 */
export async function converse(port: number, ...texts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  const waiting = [...texts]
  socket.on('data', chunk => {
    received += chunk.toString('latin1')
    const next = waiting.shift()
    if (next !== undefined) socket.write(next)
  })
  socket.write(waiting.shift() ?? '')
  await new Promise<void>(resolve => {
    socket.on('end', resolve)
    // A server that closes on what it has not read resets the connection.
    socket.on('error', () => resolve())
  })
  socket.destroy()
  return received
}

/** Statuses of all answers in what was received. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(match => Number(match[1]))
}

function isWhole(received: Buffer): boolean {
  const head = received.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(received.toString('latin1', 0, head))?.[1]
  return head >= 0 && length !== undefined && received.length >= head + 4 + Number(length)
}

/** A GET with exactly these headers, in this order and spelling. */
export function get(target: string, headers: readonly string[]): string {
  return `GET ${target} HTTP/1.1\r\n${headers.map(header => `${header}\r\n`).join('')}Connection: close\r\n\r\n`
}

function parseAnswer(text: string): RawAnswer {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2)
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = new Map(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
  )
  return { status: Number(statusLine.split(' ')[1]), headers, body }
}
