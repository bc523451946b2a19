// Plays a recipe: the writers' steps as it says, the reader's steps and the time between them by a seeded chance.

import fs from 'node:fs'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { type Random, seededRandom } from '../../base/simulated-disk-fixtures.ts'
import { StepReader } from './follow-reader-fixtures.ts'
import { ManualTools } from './follow-tools-fixtures.ts'
import { LogWorld } from './follow-world-fixtures.ts'
import { createFileSource } from './source.ts'

export interface Play {
  readonly world: LogWorld
  readonly reader: StepReader
  readonly random: Random
  /** Calls that fail in place of the real ones; none by itself. */
  readonly faults: Partial<FileSystem>
  /** Some steps of the reader, some time. */
  readonly some: () => Promise<void>
  /** Time enough to notice everything, and everything read. */
  readonly seen: () => Promise<void>
}

export interface Recipe {
  readonly name: string
  /** Paths and globs. */
  readonly paths: readonly string[]
  /** Made before the reader starts. */
  before?(world: LogWorld): void
  play(play: Play): Promise<void>
}

const ROTATED_WAIT_SECONDS = 5

/** Throws when a line is missing, twice, out of order or mixed with another. */
export async function playRecipe(recipe: Recipe, seed: number, folder: string): Promise<void> {
  const random = seededRandom(seed)
  const faults: Partial<FileSystem> = {}
  const fileSystem = new Proxy(nodeFileSystem, {
    get: (target, name: keyof FileSystem) => faults[name] ?? target[name]
  })
  const tools = new ManualTools(fileSystem)
  const world = new LogWorld(folder, random, tools)
  const definition = createFileSource(fileSystem, tools)
  const options = definition.options.parse({
    paths: recipe.paths,
    follow: true,
    rotated_wait: `${ROTATED_WAIT_SECONDS}s`
  })
  const sliceBytes = () => (random() < 0.3 ? 1 + Math.floor(random() * 40) : 1 + Math.floor(random() * 70_000))
  const reader = new StepReader(
    setup => definition.open(options, { ...setup, baseFolder: folder, outputFiles: [] }),
    sliceBytes
  )
  const play: Play = {
    world,
    reader,
    random,
    faults,
    async some() {
      for (let left = world.pick(4); left > 0; left--) {
        const choice = random()
        if (choice < 0.3) tools.pass(world.pick(400))
        else if (choice < 0.5) await reader.drain()
        else for (let steps = world.pick(5); steps > 0; steps--) await reader.step()
        if (random() < 0.2) reader.commit()
      }
    },
    async seen() {
      for (let round = 0; round < 4; round++) {
        tools.pass(1001)
        await reader.drain()
      }
    }
  }
  recipe.before?.(world)
  reader.start()
  try {
    await recipe.play(play)
    if (!reader.isUp) reader.start(true)
    for (let round = 0; round < ROTATED_WAIT_SECONDS * 10 + 5; round++) {
      tools.pass(1001)
      await reader.drain()
    }
    world.check(reader.files)
  } catch (error) {
    const told = reader.messages.map(message => `\n  ${message}`).join('')
    throw new Error(`${recipe.name}, seed ${seed}:${told}`, { cause: error })
  } finally {
    reader.kill()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
