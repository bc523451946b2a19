// The least that can answer: `node bare-server.ts SECONDS` serves a text as long as `/stats` while a thread of it is busy
// for so long. What a question takes here is what the machine itself takes at the moment.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'

const seconds = Number(process.argv[2])
const answer = JSON.stringify({ processors: [], padding: 'x'.repeat(2500) })
const server = createServer((_request, response) => response.end(answer)).listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
  new Worker(`const until = performance.now() + ${seconds * 1000}; while (performance.now() < until);`, { eval: true })
})
