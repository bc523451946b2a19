// What /metrics tells of Linescope itself: its build, what it uses, and its dashboard's thread.

import { type EventLoopUtilization, performance } from 'node:perf_hooks'

import type { Family } from './family.ts'

/** A utilization is told of at least so long: two who ask at once get the same. */
const WINDOW_MILLISECONDS = 5_000

export class OwnHealth {
  readonly #version: string
  #since: EventLoopUtilization = performance.eventLoopUtilization()
  #sinceMilliseconds = performance.now()
  #utilization = 0

  constructor(version: string) {
    this.#version = version
  }

  families(uptimeSeconds: number): Family[] {
    const thread = { thread: 'dashboard' }
    const memory = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    return [
      {
        name: 'linescope_build_info',
        type: 'info',
        help: 'Version of Linescope and of the Node that it runs on.',
        samples: [{ labels: { version: this.#version, node: process.versions.node }, value: 1 }]
      },
      gauge(
        'linescope_uptime_seconds',
        'seconds',
        'Time since the run began, by a clock that nobody sets; of a run that is over, how long it lasted.',
        {},
        uptimeSeconds
      ),
      {
        name: 'linescope_process_cpu_seconds_total',
        type: 'counter',
        unit: 'seconds',
        help: 'CPU time of the whole process, all lanes included, as the system counts it.',
        samples: [{ labels: {}, value: (user + system) / 1e6 }]
      },
      gauge(
        'linescope_process_resident_memory_bytes',
        'bytes',
        'Memory of the whole process, shared memory included, as the system counts it.',
        {},
        memory.rss
      ),
      gauge('linescope_thread_heap_bytes', 'bytes', 'Heap in use of a thread of Linescope.', thread, memory.heapUsed),
      gauge(
        'linescope_event_loop_utilization_ratio',
        'ratio',
        'Part of the last 5 s or more that the event loop of a thread of Linescope was busy.',
        thread,
        this.#busy()
      )
    ]
  }

  #busy(): number {
    const now = performance.now()
    if (now - this.#sinceMilliseconds >= WINDOW_MILLISECONDS || this.#utilization === 0) {
      const current = performance.eventLoopUtilization()
      this.#utilization = performance.eventLoopUtilization(current, this.#since).utilization
      this.#since = current
      this.#sinceMilliseconds = now
    }
    return this.#utilization
  }
}

function gauge(
  name: string,
  unit: 'seconds' | 'bytes' | 'ratio',
  help: string,
  labels: Readonly<Record<string, string>>,
  value: number
): Family {
  return { name, type: 'gauge', unit, help, samples: [{ labels, value }] }
}
