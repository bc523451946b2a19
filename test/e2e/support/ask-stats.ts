// A process of its own that asks `/stats` 100 times a second: `node ask-stats.ts URL SECONDS`. Prints as JSON how long the
// answers took, counted from when each question was due, and who was busy in them.

import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Stats } from '../../../src/contract/stats.ts'

export interface Asked {
  readonly milliseconds: readonly number[]
  /** `name since`, one for each answer that named a busy processor. */
  readonly busy: readonly string[]
}

const INTERVAL_MILLISECONDS = 10
/** Not counted: code that is new, on either side, is compiled meanwhile; a bare server stalls then as well. */
const WARM_UP_SECONDS = 6

async function askAll(url: string, seconds: number, agent: Agent): Promise<Asked> {
  const milliseconds: number[] = []
  const busy: string[] = []
  const startedAt = performance.now()
  const asking: Promise<void>[] = []
  for (let number = 0; number < (seconds * 1000) / INTERVAL_MILLISECONDS; number++) {
    const due = startedAt + number * INTERVAL_MILLISECONDS
    await sleep(Math.max(0, due - performance.now()))
    asking.push(
      ask(url, agent).then(stats => {
        milliseconds.push(performance.now() - due)
        for (const { name, busy_since: since } of stats.processors) if (since !== null) busy.push(`${name} ${since}`)
      })
    )
  }
  await Promise.all(asking)
  return { milliseconds, busy }
}

function ask(url: string, agent: Agent): Promise<Stats> {
  return new Promise((resolve, reject) => {
    get(`${url}/stats`, { agent }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', text => {
        body += text
      })
      response.on('end', () => resolve(JSON.parse(body)))
    }).on('error', reject)
  })
}

const [url, seconds] = process.argv.slice(2)
if (url !== undefined) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  await askAll(url, WARM_UP_SECONDS, agent)
  process.stdout.write(JSON.stringify(await askAll(url, Number(seconds), agent)))
  agent.destroy()
}
