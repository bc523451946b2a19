// GET /: the page that shows the run live, and the few files that it is made of. They are read once, at the start.

import { readFileSync } from 'node:fs'

import type { FastifyInstance } from 'fastify'

import { ownFile } from '../../base/own-files.ts'

const STYLES = ['tokens', 'base', 'numbers', 'lists', 'sizes'].map(name => `${name}.css`)
const SCRIPTS = ['main', 'voice', 'numbers', 'lists', 'elements', 'format'].map(name => `${name}.js`)

export function pageRoutes(app: FastifyInstance): void {
  serve(app, '/', 'index.html', 'text/html')
  for (const file of STYLES) serve(app, `/page/${file}`, file, 'text/css')
  for (const file of SCRIPTS) serve(app, `/page/${file}`, file, 'text/javascript')
}

/** From memory: no path that a client sends ever becomes the name of a file. */
function serve(app: FastifyInstance, url: string, file: string, type: string): void {
  const content = readFileSync(ownFile(`server/page/${file}`))
  app.get(url, { schema: { hide: true } }, (_request, reply) => reply.type(`${type}; charset=utf-8`).send(content))
}
