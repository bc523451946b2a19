// Ends the threads of a run's lane from outside, at any instruction: see lane-killer.mjs.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const KILLER = join(import.meta.dirname, 'lane-killer.mjs')

export interface LaneKills {
  /** For the run. */
  readonly env: NodeJS.ProcessEnv
  /** How many found a thread. */
  readonly count: () => number
}

export interface LaneKillSettings {
  readonly seed: number
  readonly kills: number
  /** How long a thread may work at most. */
  readonly workingMilliseconds: number
  /** Breaks the run on purpose. */
  readonly fault?: string
}

export function laneKills(t: TestContext, settings: LaneKillSettings): LaneKills {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-kills-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'kills')
  return {
    env: {
      NODE_OPTIONS: `--import=${KILLER}`,
      LANE_KILLS: String(settings.kills),
      LANE_KILLS_WORKING: String(settings.workingMilliseconds),
      LANE_KILLS_SEED: String(settings.seed),
      LANE_KILLS_FILE: file,
      LANE_KILLS_FAULT: settings.fault ?? ''
    },
    count: () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0)
  }
}

/** Another one each time, said so that it can be had again. */
export function seedOf(t: TestContext, index: number): number {
  const seed = Number(process.env['LINESCOPE_SEED'] ?? Date.now() % 1_000_000)
  t.diagnostic(`LINESCOPE_SEED=${seed}`)
  return seed + index
}
