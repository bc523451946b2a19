// Preloaded into a run (NODE_OPTIONS=--import): ends the threads of its lane from outside, at any instruction.
//
// LANE_KILLS says how many times, LANE_KILLS_SEED when, LANE_KILLS_WORKING how long a thread may work at most; how many
// found a thread is written to LANE_KILLS_FILE.
// LANE_KILLS_FAULT breaks the run on purpose: `uncut` leaves outputs as the dead thread left them.

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import threads, { isMainThread } from 'node:worker_threads'

/** One in so many is ended while it starts. */
const EARLY = 10
const STARTING_MILLISECONDS = 150
/** The dashboard and the store have threads, too. */
const LANE = /[/\\]lane\.[jt]s$/

if (isMainThread) {
  const lanes = new WeakSet()
  threads.Worker = class extends threads.Worker {
    constructor(file, options) {
      super(file, options)
      if (LANE.test(String(file))) lanes.add(this)
    }
  }
  syncBuiltinESMExports()
  const random = randomOf(Number(process.env.LANE_KILLS_SEED))
  let left = Number(process.env.LANE_KILLS)
  let kills = 0
  let isFirst = true
  if (process.env.LANE_KILLS_FAULT === 'uncut') {
    fs.ftruncateSync = () => undefined
    syncBuiltinESMExports()
  }
  process.on('worker', worker => {
    if (left === 0 || !lanes.has(worker)) return
    const end = milliseconds => {
      const timer = setTimeout(() => {
        left--
        void worker.terminate()
        kills++
        fs.writeFileSync(process.env.LANE_KILLS_FILE, String(kills))
      }, milliseconds)
      worker.once('exit', () => clearTimeout(timer))
    }
    // A run whose first thread cannot even start has failed.
    let hasBegun = false
    const isEarly = !isFirst && random() < 1 / EARLY
    isFirst = false
    if (isEarly) end(random() * STARTING_MILLISECONDS)
    else {
      worker.on('message', ({ type }) => {
        // Lines flow from here on.
        if (type === 'input' && !hasBegun) end(5 + random() * Number(process.env.LANE_KILLS_WORKING))
        hasBegun ||= type === 'input'
      })
    }
  })
}

function randomOf(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
