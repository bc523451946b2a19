// GET /openapi.json and GET /docs: made from the same schemas as the answers, served without any other host.
//
// Few runs are ever asked for them, so what makes them is loaded with the first question: an application of its own
// that knows the same routes.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { sendAnswer } from '../answer.ts'
import { DOCS_POLICY, SECURITY_HEADERS } from '../headers.ts'

export interface DocumentationOptions {
  readonly version: string
  readonly makeApp: () => FastifyInstance
  /** Adds the routes that are described. */
  readonly addRoutes: (app: FastifyInstance) => void
}

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 22 22" height="32" fill="none" stroke="#fff" stroke-width="1.6">' +
  '<circle cx="11" cy="11" r="7"/><path d="M1 11h5.5l2-3.5 3 7 2-3.5H21"/></svg>'

export function documentationRoutes(app: FastifyInstance, options: DocumentationOptions): void {
  let documentation: Promise<FastifyInstance> | undefined
  const handOver = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    documentation ??= makeDocumentation(options)
    const documented = await documentation.catch((error: unknown) => {
      documentation = undefined
      throw error
    })
    reply.hijack()
    documented.routing(request.raw, reply.raw)
  }
  for (const url of ['/openapi.json', '/docs', '/docs/*']) app.get(url, handOver)
  app.addHook('onClose', async () => await (await documentation)?.close())
}

async function makeDocumentation({ version, makeApp, addRoutes }: DocumentationOptions): Promise<FastifyInstance> {
  const [{ default: swagger }, { default: swaggerUi }, { jsonSchemaTransform, jsonSchemaTransformObject }] =
    await Promise.all([import('@fastify/swagger'), import('@fastify/swagger-ui'), import('fastify-type-provider-zod')])
  const app = makeApp()
  // The request has passed the guards already.
  app.addHook('onRequest', async (_request, reply) => void reply.headers(SECURITY_HEADERS))
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Linescope', description: 'What happens inside the run, live and line by line.', version },
      tags: [
        { name: 'run', description: 'Counts, journeys and errors' },
        { name: 'replay', description: 'Dead letters that go through the pipeline again' },
        { name: 'health', description: 'For supervisors and probes' }
      ]
    },
    transform: jsonSchemaTransform,
    transformObject: document => withoutUnusedSchemas(withResponseTexts(jsonSchemaTransformObject(document)))
  })
  addRoutes(app)
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => sendAnswer(reply, app.swagger()))
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    // Without this, Swagger UI asks a validator on the internet.
    uiConfig: { validatorUrl: null, deepLinking: true, tryItOutEnabled: true },
    theme: { title: 'Linescope API' },
    logo: { type: 'image/svg+xml', content: Buffer.from(LOGO) }
  })
  await app.ready()
  return app
}

const RESPONSE_TEXTS: Readonly<Record<string, string>> = {
  200: 'The answer.',
  201: 'It has begun.',
  503: 'The answer while no lines are taken.',
  '4XX': 'Refused: host, origin, method, token or size. The message says what to do.'
}

function withResponseTexts<Document extends object>(document: Document): Document {
  const { paths } = document as { paths?: Record<string, Record<string, { responses?: Record<string, object> }>> }
  for (const { responses } of Object.values(paths ?? {}).flatMap(methods => Object.values(methods))) {
    for (const [status, response] of Object.entries(responses ?? {})) {
      Object.assign(response, { description: RESPONSE_TEXTS[status] ?? '' })
    }
  }
  return document
}

/** Each schema comes as what is read and as what is sent; the one that no route uses is left out. */
function withoutUnusedSchemas<Document extends object>(document: Document): Document {
  const { components, paths } = document as { components?: { schemas?: Record<string, unknown> }; paths?: unknown }
  const schemas = components?.schemas ?? {}
  const used = new Set<string>()
  const follow = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part ?? {}).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      follow(schemas[name])
    }
  }
  follow(paths)
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)))
  return { ...document, components: { ...components, schemas: kept } }
}
