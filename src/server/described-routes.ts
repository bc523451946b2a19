// Every route that says what it is, in the order in which routes were added: for the listing, and for who asks for a
// path that is not there.

import type { FastifyInstance, RouteOptions } from 'fastify'

import type { Listing } from '../contract/listing.ts'

type Described = Listing['paths'][number]

/** Belong to the page, and are described nowhere else. */
const OTHER_PATHS = ['/docs', '/openapi.json']
const METHODS = ['GET', 'POST'] as const
const routes = new WeakMap<FastifyInstance, Described[]>()

/** Before the first route. */
export function noteDescribedRoutes(app: FastifyInstance): void {
  const described: Described[] = []
  routes.set(app, described)
  app.addHook('onRoute', ({ method, url, schema }: RouteOptions) => {
    const { summary } = (schema ?? {}) as { summary?: string }
    const known = METHODS.find(each => each === method)
    if (summary === undefined || known === undefined) return
    described.push({ method: known, path: url.replace(/:(\w+)/g, '{$1}'), summary })
  })
}

export function describedRoutes(app: FastifyInstance): readonly Described[] {
  return routes.get(app) ?? []
}

/** Paths that answer a GET as they are. */
export function knownPaths(app: FastifyInstance): string[] {
  const described = describedRoutes(app).filter(({ method, path }) => method === 'GET' && !path.includes('{'))
  return ['/', ...described.map(({ path }) => path), ...OTHER_PATHS]
}
