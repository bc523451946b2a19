// Recipes in which the reader is killed, and goes on later from what it had committed.

import fs from 'node:fs'

import type { Play, Recipe } from './follow-play-fixtures.ts'
import type { LogWorld } from './follow-world-fixtures.ts'

const APP = 'app.log'

async function write({ world, some }: Play, name = APP, times = 3): Promise<void> {
  for (let left = times; left > 0; left--) {
    world.append(name)
    await some()
  }
}

function withApp(world: LogWorld): void {
  world.create(APP)
  world.append(APP, 3)
}

/** The reader has begun with what there is, and knows it in its last commit. */
async function known(play: Play): Promise<void> {
  await play.seen()
  play.reader.commit()
  await write(play)
}

/** While nobody reads. */
async function stopped(play: Play, act: () => void): Promise<void> {
  play.reader.kill()
  act()
  play.reader.start(true)
  await play.some()
}

export const STOPPED_RECIPES: readonly Recipe[] = [
  {
    name: 'killed at any time',
    paths: [APP],
    before: withApp,
    async play(play) {
      for (let turn = 0; turn < 6; turn++) {
        await write(play)
        await stopped(play, () => {
          if (play.random() < 0.5) play.world.append(APP)
        })
      }
    }
  },
  {
    name: 'killed, renamed and created anew while nobody reads [C1]',
    paths: [APP],
    before: withApp,
    async play(play) {
      for (let turn = 0; turn < 3; turn++) {
        await known(play)
        await stopped(play, () => {
          play.world.append(APP)
          play.world.rotate(APP, `${APP}.${turn}`)
          play.world.create(APP)
          play.world.append(APP)
        })
      }
    }
  },
  {
    name: 'killed and only renamed, created anew when it reads again',
    paths: [APP],
    before: withApp,
    async play(play) {
      await known(play)
      await stopped(play, () => play.world.rotate(APP, 'old'))
      await play.some()
      play.world.create(APP)
      await write(play)
      await known(play)
    }
  },
  {
    name: 'killed and rotated twice under a glob that takes them all',
    paths: ['app.log*'],
    before: withApp,
    async play(play) {
      await known(play)
      await stopped(play, () => {
        for (let turn = 0; turn < 2; turn++) {
          play.world.append(APP)
          if (turn === 1) play.world.rename('app.log.1', 'app.log.2')
          play.world.rename(APP, 'app.log.1')
          play.world.create(APP)
        }
      })
      await write(play)
    }
  },
  {
    name: 'killed before and after a rotation, with both files unread',
    paths: [APP],
    before: withApp,
    async play(play) {
      await known(play)
      play.world.rotate(APP, 'old')
      play.world.create(APP)
      for (let turn = 0; turn < 4; turn++) {
        play.world.append(APP, 20)
        await play.some()
        await stopped(play, () => {})
      }
    }
  },
  {
    name: 'killed and deleted: the end is lost, the next file is read whole [C6]',
    paths: [APP],
    before: withApp,
    async play(play) {
      await known(play)
      await stopped(play, () => {
        play.world.of(APP).mayLoseEnd = true
        play.world.remove(APP)
        // Often with the inode of the one before.
        play.world.create(APP)
        play.world.append(APP, 12)
      })
      await write(play)
    }
  },
  {
    name: 'killed and truncated: the end is lost, the new content is read whole',
    paths: [APP],
    before: withApp,
    async play(play) {
      await known(play)
      await stopped(play, () => {
        play.world.of(APP).mayLoseEnd = true
        play.world.truncate(APP)
        play.world.append(APP, play.world.pick(12))
      })
      await write(play)
    }
  },
  {
    name: 'killed in a line that is half written [A3]',
    paths: [APP],
    before: withApp,
    async play(play) {
      for (let turn = 0; turn < 4; turn++) {
        const line = play.world.line()
        play.world.text(APP, line.slice(0, 5))
        await play.some()
        await stopped(play, () => play.world.text(APP, line.slice(5)))
      }
    }
  },
  {
    name: 'killed among many files of which some are rotated',
    paths: ['*.log'],
    before(world) {
      for (let file = 0; file < 8; file++) world.create(`${file}.log`)
    },
    async play(play) {
      for (let file = 0; file < 8; file++) play.world.append(`${file}.log`)
      for (let turn = 0; turn < 3; turn++) {
        for (let file = 0; file < 8; file++) await write(play, `${file}.log`, 1)
        await play.seen()
        play.reader.commit()
        await stopped(play, () => {
          const name = `${play.world.pick(8)}.log`
          play.world.append(name)
          play.world.rotate(name, `${name}.${turn}`)
          play.world.create(name)
        })
      }
    }
  },
  {
    name: 'killed while a link is pointed elsewhere',
    paths: ['current'],
    before(world) {
      world.create('one.log')
      world.append('one.log')
      fs.symlinkSync(world.path('one.log'), world.path('current'))
    },
    async play(play) {
      const { world } = play
      await play.seen()
      play.reader.commit()
      await write(play, 'one.log')
      await stopped(play, () => {
        world.of('one.log').isOver = true
        world.create('two.log')
        world.append('two.log')
        fs.unlinkSync(world.path('current'))
        fs.symlinkSync('two.log', world.path('current'))
      })
      await write(play, 'two.log')
    }
  }
]
