// Recipes in which a file keeps its inode and gets another content, or the system refuses calls.

import fs from 'node:fs'

import type { FileSystem } from '../../base/file-system.ts'
import { nodeFileSystem } from '../../base/file-system.ts'
import { systemError } from '../test-support.ts'
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

export const TRUNCATE_RECIPES: readonly Recipe[] = [
  {
    name: 'copied and truncated when everything was read [C3]',
    paths: [APP],
    before: withApp,
    async play(play) {
      for (let turn = 0; turn < 3; turn++) {
        await write(play)
        await play.seen()
        fs.copyFileSync(play.world.path(APP), play.world.path(`${APP}.${turn}`))
        play.world.truncate(APP)
        await write(play)
      }
    }
  },
  {
    name: 'copied and truncated under the reader: the end may be lost, nothing else',
    paths: [APP],
    before: withApp,
    async play(play) {
      for (let turn = 0; turn < 4; turn++) {
        await write(play)
        play.world.of(APP).mayLoseEnd = true
        play.world.truncate(APP)
        await write(play)
      }
    }
  },
  {
    name: 'truncated under a writer that keeps its place: a hole',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      const { world } = play
      const size = fs.statSync(world.path(APP)).size
      world.truncate(APP)
      await play.some()
      const text = `${world.line()}${world.line()}`
      const descriptor = fs.openSync(world.path(APP), 'r+')
      fs.writeSync(descriptor, text, size)
      fs.closeSync(descriptor)
      Object.assign(world.of(APP), { hole: size, content: text })
      await write(play)
    }
  },
  {
    name: 'truncated and grown beyond its old length before anybody looks [C4]',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      const { content } = play.world.of(APP)
      play.world.truncate(APP)
      play.world.text(APP, `${play.world.line()}${'y'.repeat(content.length)}\n`)
      await write(play)
    }
  },
  {
    name: 'written anew with another content of the same length',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      const { length } = play.world.of(APP).content
      play.world.truncate(APP)
      play.world.text(APP, `${'z'.repeat(length - 1)}\n`)
      await play.seen()
      await write(play)
    }
  },
  {
    name: 'cut back to its first lines',
    paths: [APP],
    before: withApp,
    async play(play) {
      await write(play)
      await play.seen()
      play.world.truncate(APP, play.world.of(APP).content.indexOf('\n') + 1)
      await play.seen()
      await write(play)
    }
  },
  {
    name: 'truncated in a line that is longer than a read',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      play.world.text(APP, `${'long'.repeat(100_000)}\n`)
      await play.some()
      play.world.of(APP).mayLoseEnd = true
      play.world.truncate(APP)
      await write(play)
    }
  },
  {
    name: 'renamed, and truncated under its new name',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      play.world.rename(APP, 'app.log.1')
      await play.seen()
      play.world.truncate('app.log.1')
      play.world.create(APP)
      play.world.append('app.log.1')
      play.world.of('app.log.1').isOver = true
      await write(play)
    }
  },
  {
    name: 'few descriptors for many files, some rotated [C13]',
    paths: ['*.log'],
    async play(play) {
      const { world, faults } = play
      limitOpenFiles(faults, 8)
      for (let file = 0; file < 24; file++) {
        world.create(`${file}.log`)
        world.append(`${file}.log`)
        if (file % 6 === 0) await play.some()
      }
      await play.seen()
      for (let file = 0; file < 24; file += 3) {
        await write(play, `${file}.log`, 1)
        world.rotate(`${file}.log`, `${file}.old`)
        await play.seen()
        world.create(`${file}.log`)
        await write(play, `${file}.log`, 1)
      }
    }
  },
  {
    name: 'reads that fail now and then [C20]',
    paths: ['*.log'],
    before(world) {
      for (const name of ['a.log', 'b.log']) world.create(name)
    },
    async play(play) {
      play.faults.readSync = (...call) => {
        if (play.random() < 0.2) throw systemError('EIO')
        return nodeFileSystem.readSync(...call)
      }
      for (let turn = 0; turn < 6; turn++) for (const name of ['a.log', 'b.log']) await write(play, name, 1)
      delete play.faults.readSync
    }
  },
  {
    name: 'not allowed to be opened for a while',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      play.faults.openSync = () => {
        throw systemError('EACCES')
      }
      play.world.rotate(APP, 'app.log.1')
      play.world.create(APP)
      await write(play)
      await play.seen()
      delete play.faults.openSync
      await write(play)
    }
  },
  {
    name: 'a compressed file among the matches',
    paths: ['app.log*'],
    before: withApp,
    async play(play) {
      const { world } = play
      fs.writeFileSync(world.path('app.log.2.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 10, 10, 10]))
      await write(play)
    }
  }
]

function limitOpenFiles(faults: Partial<FileSystem>, limit: number): void {
  const open = new Set<number>()
  faults.openSync = (...call) => {
    if (open.size >= limit) throw systemError('EMFILE')
    const descriptor = nodeFileSystem.openSync(...call)
    open.add(descriptor)
    return descriptor
  }
  faults.closeSync = descriptor => {
    open.delete(descriptor)
    nodeFileSystem.closeSync(descriptor)
  }
}
